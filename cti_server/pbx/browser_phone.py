"""The PJSIP objects of an agent's phone in the browser, as ARI's dynamic configuration takes them. Pure.

They live in Asterisk's memory: no file is written, nothing is reloaded, and a restart of Asterisk forgets them.
"""

import hashlib
from typing import NamedTuple

from cti_server.settings import Agent, Pbx

MAX_EXPIRES_S = 600
RTP_MORE_S = 45
"""A leg whose page is waited for sends no sound either: only after that is it ended for its silence."""
MARK = "sdp_session"
"""What an endpoint is known by: the attribute that holds a checksum of all the others."""

Fields = list[tuple[str, str]]


class Object(NamedTuple):
    """One object of `res_pjsip`. An attribute may come several times."""

    type: str
    name: str
    fields: Fields


def user_of(agent: Agent) -> str:
    """The SIP user, which is also the name of the endpoint: the endpoint without its technology."""
    return agent.browser_phone.partition("/")[2]


def password_object(agent: Agent, password: str) -> Object:
    user = user_of(agent)
    return Object("auth", user, [("auth_type", "userpass"), ("username", user), ("password", password)])


def objects(agent: Agent, pbx: Pbx) -> list[Object]:
    """All that the phone needs besides its password, the endpoint last.

    Only u-law: with Opus the customer is not heard after about half of the transfers. One contact: the page that
    registered last has the phone.
    """
    user = user_of(agent)
    one_contact = [
        ("max_contacts", "1"),
        ("remove_existing", "yes"),
        ("maximum_expiration", str(MAX_EXPIRES_S)),
        ("support_path", "no"),
    ]
    endpoint = [
        ("webrtc", "yes"),
        ("media_encryption", "dtls"),
        ("disallow", "all"),
        ("allow", "ulaw"),
        ("auth", user),
        ("aors", user),
        ("context", "cti-agent"),
        ("direct_media", "no"),
        ("rtp_symmetric", "yes"),
        ("send_connected_line", "no"),
        ("device_state_busy_at", "1"),
        ("rtp_timeout", str(round(pbx.return_s) + RTP_MORE_S)),
        ("set_var", "CTI_IS_AGENT=1"),
        ("set_var", "TRANSFER_CONTEXT=cti-agent"),
        ("set_var", "PARKINGLOT=cti"),
    ]
    if extension := agent.extension.strip("*#"):
        endpoint.append(("callerid", f"<{extension}>"))
    if pbx.media_address:
        endpoint += [("media_address", pbx.media_address), ("bind_rtp_to_media_address", "yes")]
    endpoint.append((MARK, f"cti-{hashlib.sha256(repr((endpoint, one_contact)).encode()).hexdigest()[:16]}"))
    return [Object("aor", user, one_contact), Object("endpoint", user, endpoint)]
