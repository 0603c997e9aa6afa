"""Pure: what a page may say over its SIP WebSocket. It speaks for its own agent and for nobody else.

Asterisk asks for the password all the same; this keeps a page that was taken over by somebody else's script from trying
other agents' names, and methods that no desk needs. A frame is passed on as it came, or not at all.
"""

import re

METHODS = frozenset({"REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "OPTIONS"})
"""Not REFER: the server transfers calls. Not SUBSCRIBE, NOTIFY, PUBLISH, MESSAGE: the desk has a feed of its own."""

_KEEP_ALIVE = frozenset({"", "\r\n", "\r\n\r\n"})
_REQUEST = re.compile(r"([A-Z]{3,16}) (sips?:[^\s]{1,1024}) SIP/2\.0")
_STATUS = re.compile(r"SIP/2\.0 [1-6][0-9][0-9](?: [^\r\n]*)?")
_USER = re.compile(r"(?:[^<>]*<)?sips?:([^@;>\s]{1,128})@", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=", re.IGNORECASE)
_AS = re.compile(r'\busername\s*=\s*"([^"]*)"', re.IGNORECASE)
_SHORT = {"f": "from", "t": "to", "m": "contact", "i": "call-id", "v": "via"}
_NAMED = ("from", "to")


class Gate:
    """One page's. `user`: the SIP user of its agent's phone; `aliases`: the contacts that it registered."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._own = {user}

    def refusal(self, text: str) -> str:
        """Why this frame may not be passed on, in words without anything of its content; empty when it may."""
        if text in _KEEP_ALIVE:
            return ""
        head, _, _ = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = _headers(lines)
        if headers is None:
            return "it is not SIP"
        if _STATUS.fullmatch(first):
            return ""
        request = _REQUEST.fullmatch(first)
        if request is None:
            return "it is not SIP"
        return self._request(request[1], headers)

    def _request(self, method: str, headers: dict[str, list[str]]) -> str:
        if method not in METHODS:
            return f"the desk has no use for {method}" if method.isalpha() else "it is not SIP"
        if any(len(headers.get(name, [])) != 1 for name in _NAMED):
            return "it does not say who speaks"
        caller, called = (_user(headers[name][0]) for name in _NAMED)
        begun = bool(_TAG.search(headers["to"][0]))
        if caller not in (self._own if begun else {self._user}):
            return "it speaks for somebody else"
        if method == "REGISTER":
            if called != self._user:
                return "it registers somebody else"
            self._own |= {user for contact in headers.get("contact", []) if (user := _user(contact))}
        for name in ("authorization", "proxy-authorization"):
            for value in headers.get(name, []):
                as_whom = _AS.search(value)
                if as_whom is None or as_whom[1] != self._user:
                    return "it uses somebody else's name"
        return ""


def _headers(lines: list[str]) -> dict[str, list[str]] | None:
    """By name in small letters; None where a line is none, or goes on on the next one: no browser writes so."""
    found: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t").lower()
        if not colon or not name or name[:1] in (" ", "\t") or "\n" in line or "\r" in line:
            return None
        found.setdefault(_SHORT.get(name, name), []).append(value.strip())
    return found


def _user(value: str) -> str:
    """The user of an address, `"Anna" <sip:web-anna@example>;tag=1`; empty where there is none."""
    without_name = value.rpartition('"')[2] if value.startswith('"') else value
    found = _USER.match(without_name)
    return found[1] if found else ""
