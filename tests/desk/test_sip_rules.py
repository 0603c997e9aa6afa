"""A page speaks SIP for its own agent's phone only."""

import pytest

from cti_server.desk.sip_rules import Gate

OWN, FOREIGN = '"Anna" <sip:web-anna@cti.invalid>', "<sip:web-ben@cti.invalid>"


def request(method: str, caller: str = OWN, called: str = OWN, *more: str, body: str = "") -> str:
    lines = [
        f"{method} sip:cti.invalid SIP/2.0",
        "Via: SIP/2.0/WS x1.invalid;branch=z9hG4bK1",
        f"From: {caller};tag=a1",
        f"To: {called}",
        "Call-ID: c1",
        f"CSeq: 1 {method}",
        *more,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


@pytest.fixture
def gate() -> Gate:
    return Gate("web-anna")


def test_what_a_desk_says_may_pass(gate: Gate) -> None:
    assert not gate.refusal(request("REGISTER", OWN, OWN, "Contact: <sip:k3q9@x1.invalid;transport=ws>"))
    assert not gate.refusal(request("INVITE", OWN, "<sip:1002@cti.invalid>", body="v=0\r\nFrom: nobody\r\n"))
    assert not gate.refusal(request("INVITE", "sip:web-anna@cti.invalid", "sip:1002@cti.invalid"))
    assert not gate.refusal(request("INFO", OWN, "<sip:1002@cti.invalid>;tag=b2"))
    assert not gate.refusal("SIP/2.0 200 OK\r\nVia: x\r\nFrom: <sip:1002@x>;tag=1\r\n\r\n")
    assert not gate.refusal("\r\n\r\n")


def test_within_a_dialog_it_may_speak_as_its_registered_contact(gate: Gate) -> None:
    bye = request("BYE", "<sip:k3q9@cti.invalid>", "<sip:1002@cti.invalid>;tag=b2")
    assert gate.refusal(bye)
    gate.refusal(request("REGISTER", OWN, OWN, "m: <sip:k3q9@x1.invalid;transport=ws>;expires=300"))
    assert not gate.refusal(bye)
    assert gate.refusal(request("INVITE", "<sip:k3q9@cti.invalid>", "<sip:1002@cti.invalid>"))


@pytest.mark.parametrize(
    "frame",
    [
        request("INVITE", FOREIGN, "<sip:1002@cti.invalid>"),
        request("REGISTER", OWN, FOREIGN),
        request("REGISTER", FOREIGN, FOREIGN),
        request("REGISTER", '"<sip:web-anna@cti.invalid>" <sip:web-ben@cti.invalid>', OWN),
        request("REGISTER", OWN, OWN, 'Authorization: Digest username="web-ben", realm="asterisk"'),
        request("REGISTER", OWN, OWN, "Authorization: Digest realm=asterisk"),
        request("INVITE", OWN, "<sip:1@x>", "f: <sip:web-ben@cti.invalid>"),
        request("INVITE", OWN, "<sip:1@x>", "From : <sip:web-ben@cti.invalid>"),
        request("INVITE", OWN, "<sip:1@x>", " From: <sip:web-ben@cti.invalid>"),
        request("INVITE", "<sip:web-ben@a>\n;x=<sip:web-anna@a>", "<sip:1@x>"),
        request("BYE", FOREIGN, "<sip:1002@cti.invalid>;tag=b2"),
        request("REFER"),
        request("SUBSCRIBE"),
        request("MESSAGE"),
        "INVITE tel:110 SIP/2.0\r\nFrom: x\r\n\r\n",
        "REGISTER sip:cti.invalid SIP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "x" * 1000,
    ],
)
def test_nothing_else_passes(gate: Gate, frame: str) -> None:
    reason = gate.refusal(frame)
    assert reason and "ben" not in reason and "110" not in reason
