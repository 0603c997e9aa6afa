"""To whom a call can go, and who is free: people, queues and mailboxes, and each person's favourites.

- `rules`    pure: the rows that a search finds, best first, as the State has them at this moment
- `tables`, `queries`  the favourites
- `pages`    `/desk/directory` and `/desk/favourites`, asked for again while the directory is open
"""
