"""One Dovecot for all tests: each uses a box of its own."""

import itertools
from collections.abc import Iterator

import pytest

from tests.mail_server import Imap, Smtp, private_imap, private_smtp

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def imap() -> Iterator[Imap]:
    with private_imap() as server:
        yield server


@pytest.fixture
def user() -> str:
    """A box that nobody has used."""
    return f"box{next(_numbers)}"


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with private_smtp() as server:
        yield server
