"""E-mail to ticket and back.

    IMAP --imap--> bytes --parse--> Letter --rules.look--> person, automatic, list, bounce, loop
    person --threads--> a comment on its ticket, or a new ticket        all else is set aside, with the reason
    a comment to the customer --outbox--> a row in the same transaction --smtp--> sent, tried again, or returned

`charset`, `html`, `quotes`, `parse` and `rules` are pure. A letter is taken in by one transaction, together with the
line that says so (`tables.mail_in`); what is on the IMAP server is only marked as read, never deleted.
"""
