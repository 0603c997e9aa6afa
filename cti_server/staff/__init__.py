"""People who sign in: users with a role and perhaps an agent's phone, their sessions, and tokens for the API.

- `tables`     users, sessions, tokens. A password is an argon2id hash; of sessions and tokens only a SHA-256 is kept
- `rules`      pure: what a login name and a password must look like
- `passwords`  argon2 in a thread, so that the loop never waits for it
- `queries`    reads and writes; `Staff` answers `web.session.People`
- `pages`      login, logout, one's own language and appearance; `cli` the command `user`

`queries.ensure_first_administrator` makes the first administrator; its password is shown once and stored nowhere.
"""
