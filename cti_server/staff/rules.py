"""Pure decisions about people's accounts."""

import re

_LOGIN = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
MIN_PASSWORD, MAX_PASSWORD = 10, 200
THEMES = ("auto", "light", "dark")


class AccountError(ValueError):
    """The account cannot be made or changed so; the text says why."""


def is_login(login: str) -> bool:
    """True for what could be a login at all."""
    return _LOGIN.fullmatch(login) is not None


def check_login(login: str) -> str:
    """The login in lower case. Raises AccountError for one with other signs than letters, digits and `_ . @ -`."""
    if not is_login(login):
        raise AccountError(f"{login!r} is no login: use 1 to 64 letters, digits, or any of _ . @ -")
    return login.lower()


def check_password(password: str, login: str) -> str:
    """Raises AccountError for a password that is too short or too long, or holds the login."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if login.lower() in password.lower():
        raise AccountError("the password must not contain the login")
    return password
