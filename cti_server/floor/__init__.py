"""The supervisor's live floor: what is going on now, in the browser at once.

- `view`    pure: State -> what a browser may see; a Step -> the patches that bring an older view up to date
- `feed`    after each Step, patches to everyone who looks (`web.live`); nothing is encoded while nobody does
- `rules`   pure: what a supervisor may order an agent, a queue or a caller, as the Event that it becomes
- `pages`   `/`, `/live` and the orders; `api` the same views as JSON, and freeing an agent

Law: an old snapshot and the patches since then give a fresh snapshot. Times in views are moments, not lengths, so a
waiting time ticks in the browser and no patch is needed for time that passes.
"""
