"""Private mail servers for the tests: Dovecot for IMAP, aiosmtpd for SMTP; on free ports, gone afterwards."""

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.services import free_port

PASSWORD = "s3cret密码"
_CONF = """
base_dir = {folder}/base
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_dh =
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass
class Imap:
    """A private Dovecot: every user name is a box of its own, all with one password."""

    folder: Path
    port: int
    tls_port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    @contextmanager
    def box(self, user: str) -> Iterator[imaplib.IMAP4]:
        """As a mail client sees it."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        try:
            imap.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            imap.select("INBOX")
            yield imap
        finally:
            imap.logout()

    def deliver(self, user: str, *letters: bytes, flags: str = "") -> None:
        with self.box(user) as imap:
            for letter in letters:
                done, said = imap.append("INBOX", flags, "", letter)
                assert done == "OK", said

    def flags(self, user: str) -> list[bytes]:
        with self.box(user) as imap:
            return [each for each in imap.fetch("1:*", "(FLAGS)")[1] if isinstance(each, bytes)]

    def renumber(self, user: str) -> None:
        """As after a restore: the same letters under a new UIDVALIDITY."""
        with self.box(user) as imap:
            found = [part[1] for part in imap.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]
        shutil.rmtree(self.folder / "mail" / user)
        time.sleep(1.1)  # Dovecot makes UIDVALIDITY of the second
        self.deliver(user, *found)


@contextmanager
def private_imap() -> Iterator[Imap]:
    """Start one. As root it runs as `nobody`."""
    program = "/usr/sbin/dovecot"
    if not os.access(program, os.X_OK):
        pytest.fail("Dovecot is missing: install the Debian package 'dovecot-imapd'")
    folder = Path(tempfile.mkdtemp(prefix="cti-imap-"))
    account = pwd.getpwnam("nobody" if os.geteuid() == 0 else getpass.getuser())
    group = grp.getgrgid(account.pw_gid).gr_name
    server = Imap(folder, free_port(), free_port())
    _make_certificate(folder)
    conf = _CONF.format(
        folder=folder, user=account.pw_name, group=group, port=server.port, tls_port=server.tls_port, password=PASSWORD
    )
    (folder / "dovecot.conf").write_text(conf, encoding="utf-8")
    (folder / "mail").mkdir()
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, account.pw_name, group)
        as_user = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    process = subprocess.Popen(
        [*as_user, program, "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server.port, process, folder / "log")
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _make_certificate(folder: Path) -> None:
    done = subprocess.run(
        [
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1".split(),
            *"-nodes -days 2 -subj /CN=localhost".split(),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")


@dataclass
class Smtp:
    """A private SMTP server. `answers`: by recipient, what is said to RCPT instead of yes."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    after_data: str = "250 taken"
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    @property
    def letters(self) -> list[Message]:
        return [message_from_bytes(data) for _, _, data in self.taken]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.after_data.startswith("2"):
            self.taken.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        return self.after_data

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD)


@contextmanager
def private_smtp(certificate: Path | None = None) -> Iterator[Smtp]:
    """`certificate`: of an `Imap`; with it STARTTLS is demanded before anything else."""
    smtp = Smtp()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    controller = Controller(
        smtp,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=context is not None,
        authenticator=smtp.authenticate,
        auth_require_tls=context is not None,
    )
    controller.start()
    smtp.port = controller.port
    try:
        yield smtp
    finally:
        controller.stop()
