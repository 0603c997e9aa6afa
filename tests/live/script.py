"""What a SIP party does in one call, as a SIPp scenario: `Caller` places a call, `Phone` takes one.

Both are built step by step and rendered by `xml()`. Lengths of time are in seconds. A party that is told to talk for a
time and to hang up also accepts the other side's earlier hang-up, so that a scenario never ends in a race.
"""

from pathlib import Path
from typing import Self

END = 1
_ANY_TAG = "[last_To:];tag=[pid]p[call_number]"


def _sdp(version: int, direction: str) -> str:
    return (
        f"v=0\no=u 1 {version} IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\n"
        "m=audio [rtpstream_audio_port] RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n"
        f"a=fmtp:101 0-15\na={direction}"
    )


def _send(text: str, attributes: str = "") -> str:
    return f"<send {attributes}>\n<![CDATA[\n{text}\n]]>\n</send>\n"


def _with_body(head: str, kind: str, body: str) -> str:
    return f"{head}Content-Type: {kind}\nContent-Length: [len]\n\n{body}"


def _empty(head: str) -> str:
    return f"{head}Content-Length: 0\n\n"


class Party:
    """The steps that both sides know. `name`: the SIP user; `tone`: a file of raw u-law audio to send for ever."""

    def __init__(self, name: str, tone: Path | None = None) -> None:
        self.name = name
        self._tone = tone
        self._steps: list[str] = []
        self._cseq = 10
        self._version = 1
        self._labels = END

    def _label(self) -> int:
        self._labels += 1
        return self._labels

    def _add(self, *steps: str) -> Self:
        self._steps.extend(steps)
        return self

    def _request(self, method: str, extra: str = "") -> str:
        raise RuntimeError("a Party is a Caller or a Phone")

    def _next_request(self, method: str, extra: str = "") -> str:
        self._cseq += 1
        return self._request(method, extra)

    def _play(self) -> None:
        if self._tone:
            self._add(f'<nop><action><exec rtp_stream="{self._tone},-1,0,PCMU/8000"/></action></nop>\n')

    def wait(self, seconds: float) -> Self:
        return self._add(f'<pause milliseconds="{round(seconds * 1000)}"/>\n')

    def digit(self, digits: str, gap: float = 0.2) -> Self:
        """Press keys, one SIP INFO each, `gap` seconds after each."""
        for one in digits:
            text = _with_body(self._next_request("INFO"), "application/dtmf-relay", f"Signal={one}\nDuration=160")
            self._add(_send(text, 'retrans="500"'), '<recv response="200"/>\n')
            self.wait(gap)
        return self

    def hold(self) -> Self:
        return self._reinvite("sendonly")

    def unhold(self) -> Self:
        return self._reinvite("sendrecv")

    def _reinvite(self, direction: str) -> Self:
        self._version += 1
        text = _with_body(self._next_request("INVITE"), "application/sdp", _sdp(self._version, direction))
        self._add(_send(text, 'retrans="500"'), '<recv response="100" optional="true"/>\n<recv response="200"/>\n')
        return self._add(_send(_empty(self._request("ACK"))))

    def refer(self, target: str) -> Self:
        """Blind transfer by REFER to the extension `target`, then hang up when the PBX has accepted it."""
        return self._refer(f"<sip:{target}@[remote_ip]:[remote_port]>")

    def refer_file(self, file: Path) -> Self:
        """REFER with a `Refer-To` value read from `file` when the step is reached (for Replaces)."""
        return self._refer(f"[file name={file}]")

    def _refer(self, target: str) -> Self:
        head = self._next_request("REFER", f"Refer-To: {target}\nReferred-By: <sip:{self.name}@[local_ip]>\n")
        self._add(_send(_empty(head), 'retrans="500"'), '<recv response="202"/>\n')
        return self.hang_up_after(1.5)

    def hang_up(self) -> Self:
        text = _empty(self._next_request("BYE"))
        return self._add(_send(text, 'retrans="500"'), '<recv response="200"/>\n')

    def wait_bye(self, at_most: float = 90.0) -> Self:
        """Talk until the other side hangs up; it is a failure of the run when that takes longer than `at_most`."""
        self._add(f'<recv request="BYE" timeout="{round(at_most * 1000)}"/>\n')
        return self._add(_send(_empty(self._reply("200 OK"))))

    def hang_up_after(self, seconds: float) -> Self:
        """Talk for `seconds` and hang up, unless the other side does so before."""
        mine, done = self._label(), self._label()
        self._add(f'<recv request="BYE" timeout="{max(1, round(seconds * 1000))}" ontimeout="{mine}"/>\n')
        self._add(_send(_empty(self._reply("200 OK")), f'next="{done}"'), f'<label id="{mine}"/>\n')
        self.hang_up()
        return self._add(f'<label id="{done}"/>\n')

    def _reply(self, status: str, to: str = "[last_To:]", cseq: str = "[last_CSeq:]") -> str:
        contact = f"Contact: <sip:{self.name}@[local_ip]:[local_port]>\n"
        return f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n{cseq}\n{contact}"

    def xml(self) -> str:
        end = f'<label id="{END}"/>\n<nop/>\n'
        return (
            '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
            f'<scenario name="{self.name}">\n{"".join(self._steps)}{end}{self._references()}</scenario>\n'
        )

    def _references(self) -> str:
        return ""


class Caller(Party):
    """Places a call to `number`, from `caller_id`. With `password`, it authenticates as the endpoint `name`."""

    def __init__(
        self,
        number: str,
        caller_id: str = "13800138000",
        *,
        name: str = "",
        display: str = "",
        password: str = "",
        tone: Path | None = None,
    ) -> None:
        super().__init__(name or caller_id, tone)
        self._number = number
        self._from = name or caller_id
        self._display = f'"{display}" ' if display else ""
        self._password = password
        self._cseq = 0

    def _request(
        self, method: str, extra: str = "", *, to_tag: str = "[peer_tag_param]", branch: str = "[branch]"
    ) -> str:
        return (
            f"{method} sip:{self._number}@[remote_ip]:[remote_port] SIP/2.0\n"
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n"
            f"From: {self._display}<sip:{self._from}@[local_ip]:[local_port]>;tag=[pid]c[call_number]\n"
            f"To: <sip:{self._number}@[remote_ip]:[remote_port]>{to_tag}\n"
            f"Call-ID: [call_id]\nCSeq: {self._cseq} {method}\n"
            f"Contact: <sip:{self._from}@[local_ip]:[local_port]>\nMax-Forwards: 70\n{extra}"
        )

    def _invite(self, extra: str = "") -> None:
        self._cseq += 1
        head = self._request("INVITE", extra, to_tag="", branch=self._branch())
        self._add(_send(_with_body(head, "application/sdp", _sdp(self._version, "sendrecv")), 'retrans="500"'))

    def _branch(self) -> str:
        """The branch of the INVITE being sent: its CANCEL, and the ACK of a refusal, must carry the same one."""
        return f"z9hG4bK-[pid]-[call_number]-invite{self._cseq}"

    def _ack_refusal(self) -> None:
        self._add(_send(_empty(self._request("ACK", branch=self._branch()))))

    def _invite_and_authenticate(self) -> None:
        self._invite()
        if self._password:
            self._add('<recv response="100" optional="true"/>\n<recv response="401" auth="true"/>\n')
            self._ack_refusal()
            self._invite(f"[authentication username={self.name} password={self._password}]\n")

    def _provisional(self) -> None:
        self._add(*(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183)))

    def call(self, at_most: float = 60.0) -> Self:
        """Place the call and wait until it is answered."""
        self._invite_and_authenticate()
        self._provisional()
        self._add(f'<recv response="200" rrs="true" timeout="{round(at_most * 1000)}"/>\n')
        self._add(_send(_empty(self._request("ACK"))))
        self._play()
        return self

    def call_and_cancel(self, after: float) -> Self:
        """Place a call that rings, and give up `after` seconds without an answer."""
        self._invite_and_authenticate()
        self._add('<recv response="100" optional="true"/>\n<recv response="180"/>\n').wait(after)
        cancel = self._request("CANCEL", to_tag="", branch=self._branch())
        self._add(_send(_empty(cancel)), '<recv response="200"/>\n<recv response="487"/>\n')
        self._ack_refusal()
        return self

    def call_refused(self, code: int) -> Self:
        """Place a call that the PBX refuses with `code`."""
        self._invite_and_authenticate()
        self._provisional()
        self._add(f'<recv response="{code}" timeout="60000"/>\n')
        self._ack_refusal()
        return self


class Phone(Party):
    """Takes one call. The first step is `answer`, `ring_only` or `refuse`."""

    def _request(self, method: str, extra: str = "") -> str:
        return (
            f"{method} sip:asterisk@[remote_ip]:[remote_port] SIP/2.0\n"
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
            f"From: <sip:{self.name}@[local_ip]:[local_port]>;tag=[pid]p[call_number]\nTo:[$caller]\n"
            f"Call-ID: [call_id]\nCSeq: {self._cseq} {method}\n"
            f"Contact: <sip:{self.name}@[local_ip]:[local_port]>\nMax-Forwards: 70\n{extra}"
        )

    def _take_invite(self) -> None:
        self._add(
            '<recv request="INVITE" rrs="true"><action>'
            '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/></action></recv>\n'
        )

    def _ring(self, seconds: float, then: int) -> None:
        """Ring until the PBX cancels, at most `seconds`; then go on at the label `then`."""
        self._add(_send(_empty(self._reply("180 Ringing", _ANY_TAG))))
        timeout = f'timeout="{max(1, round(seconds * 1000))}" ontimeout="{then}"'
        self._add(f'<recv request="CANCEL" {timeout}/>\n')
        self._add(_send(_empty(self._reply("200 OK", _ANY_TAG))))
        gone = self._reply("487 Request Terminated", _ANY_TAG, "CSeq: [cseq] INVITE")
        self._add(_send(_empty(gone), 'retrans="500"'), f'<recv request="ACK" next="{END}"/>\n')

    def answer(self, ring: float = 0.3) -> Self:
        """Ring for `ring` seconds and answer. A call cancelled while ringing ends the scenario well."""
        self._take_invite()
        pick_up = self._label()
        self._ring(ring, pick_up)
        answer = _with_body(self._reply("200 OK", _ANY_TAG), "application/sdp", _sdp(self._version, "sendrecv"))
        answer = answer.replace("[last_CSeq:]", "CSeq: [cseq] INVITE")
        self._add(f'<label id="{pick_up}"/>\n', _send(answer, 'retrans="500"'), '<recv request="ACK"/>\n')
        self._play()
        return self

    def ring_only(self, at_most: float = 60.0) -> Self:
        """Ring and never answer; the PBX has to cancel within `at_most` seconds."""
        self._take_invite()
        self._ring(at_most, END)
        return self

    def refuse(self, status: str = "486 Busy Here", ring: float = 0.2) -> Self:
        """Ring for `ring` seconds, then refuse: `486 Busy Here`, `603 Decline` ..."""
        self._take_invite()
        refusal = self._label()
        self._ring(ring, refusal)
        text = _empty(self._reply(status, _ANY_TAG, "CSeq: [cseq] INVITE"))
        return self._add(f'<label id="{refusal}"/>\n', _send(text, 'retrans="500"'), '<recv request="ACK"/>\n')

    def _references(self) -> str:
        return '<Reference variables="caller"/>\n'
