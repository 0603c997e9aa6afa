"""A small supermarket-and-appliances business that never was: customers, goods, sales and tickets of eighteen months.

`made.make` invents it, pure and seeded: `people` customers, `goods` what is sold, `orders` what they bought, `deals`
the pipeline, `cases` tickets with the words of `case_texts`; `names` has the words of persons and places.
`load.load` writes it into an empty database, as the contexts themselves write: `write_people`, `write_deals`,
`write_orders`, `write_cases`. Nobody in it exists: see `numbers` for the telephone numbers, mail ends in `.example`.
No call is invented: a call is what the journal says, and the journal says what a PBX told.
"""
