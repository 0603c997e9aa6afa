"""Tables of customers from elsewhere: CSV and XLSX, looked at, tried, then taken in.

    bytes --child: encoding, table, columns, rules--> drafts and bad rows --write, 1,000 at a time--> customers
                                                                            |
                                                             job: how far it is, in the same transaction

What is slow or dangerous about a file (a workbook that unpacks to gigabytes, a hundred thousand numbers to understand)
is done by a process of its own with bounds on memory and time; the server's loop only writes. A batch and the job's
count of it are one transaction, so an import that was cut off goes on where it stopped and does nothing twice.
"""
