"""Which mirror is asked, from the apt sources that real machines have."""

from pathlib import Path

import pytest

from cti_server.pbx.apt import AptError, Source, mirrors, release, sources

DEB822 = """\
# The machine's own archive
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://switched-off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source-only.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://packages.example/tool tool-bookworm main
deb-src http://source-only.example/debian bookworm main
deb http://old-style.example/debian/ bookworm main contrib # ours
"""

DEBIAN = 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n'


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE, encoding="utf-8")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822, encoding="utf-8")
    (tmp_path / "sources.list.d" / "debian.sources.dpkg-old").write_text("deb http://stale.example x main\n")
    return tmp_path


def test_sources_of_both_formats_are_read_and_disabled_ones_left_out(etc: Path) -> None:
    found = sources(etc)
    assert [s.uri for s in found] == [
        "cdrom:[Debian",
        "https://packages.example/tool",
        "http://old-style.example/debian/",
        "http://mirror.example/debian",
        "http://mirror.example/debian-security",
    ]
    assert found[1] == Source("https://packages.example/tool", ("tool-bookworm",), ("main",), "/k.gpg")
    assert found[3].suites == ("bookworm", "bookworm-updates")


def test_the_distributions_own_mirrors_come_first_and_foreign_ones_not_at_all(etc: Path) -> None:
    assert mirrors(sources(etc), release(DEBIAN)) == [
        "http://old-style.example/debian/",
        "http://mirror.example/debian",
        "http://mirror.example/debian-security",
    ]


def test_debian_takes_forky_and_ubuntu_its_own_suite() -> None:
    debian = release(DEBIAN)
    assert (debian.suites, debian.keyring.name) == (("forky",), "debian-archive-keyring.gpg")
    ubuntu = release('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME="noble"\n')
    assert (ubuntu.suites, ubuntu.components) == (("noble", "noble-updates"), ("main", "universe"))
    assert ubuntu.keyring.name == "ubuntu-archive-keyring.gpg"


def test_another_system_is_named() -> None:
    with pytest.raises(AptError, match="this is fedora"):
        release("ID=fedora\n")
