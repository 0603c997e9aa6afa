"""What is allowed and yet hardly meant."""

from typing import Any

import pytest

from cti_server.settings import Settings
from cti_server.settings.doubts import warnings


def agent(ident: str, *queues: str, **fields: Any) -> dict[str, Any]:
    return {"id": ident, "phone": f"PJSIP/{ident}", "queues": queues, **fields}


def doubts(queue: dict[str, Any], *agents: dict[str, Any], **more: Any) -> list[str]:
    return warnings(Settings.model_validate({"queue": [{"id": "q", **queue}], "agent": agents, **more}))


@pytest.mark.parametrize(
    ("queue", "agents", "said"),
    [
        (
            {},
            [agent("li")],
            ["queue 'q': no agent serves it, so its callers wait for nobody; name it in the queues of an"],
        ),
        ({"staffed": "logged_in", "on_empty": "voicemail:"}, [], []),
        ({"required": {"vip": 3}}, [agent("li", "q", skills={"vip": 3})], []),
        (
            {"required": {"vip": 3}},
            [agent("li", "q", skills={"vip": 2}), agent("na", skills={"vip": 9})],
            ["queue 'q': no agent of it has vip 3, so its callers are never offered to anybody"],
        ),
        (
            {"required": {"vip": 3, "tax": 1}},
            [agent("li", "q", skills={"vip": 3}), agent("na", "q", skills={"tax": 3})],
            ["no agent of it has all the skills that it requires at once, so its callers are never offered"],
        ),
        (
            {
                "required": {"vip": 3, "tax": 2},
                "widen": [{"after_s": 10, "required": {"tax": 9}}, {"after_s": 40, "required": {}}],
            },
            [agent("li", "q")],
            ["no agent of it has vip 3 or tax 2, so its callers are offered to nobody before 40 seconds"],
        ),
        ({}, [agent("li", "q", rings={"q": 3})], []),
        ({"widen": [{"after_s": 10, "ring": 3}]}, [agent("li", "q", rings={"q": 3})], []),
        (
            {"widen": [{"after_s": 10, "ring": 2}]},
            [agent("li", "q", rings={"q": 3})],
            ["agent 'li' stands in ring 3, and widen goes to ring 2 only, so this agent never gets a call of it"],
        ),
        ({"mobile_when_closed": True}, [agent("li", "q")], ["none of its agents has a mobile number"]),
        ({"mobile_when_closed": True}, [agent("li", "q", mobile="110")], []),
        (
            {"mobile_when_closed": True, "on_closed": "hangup"},
            [agent("li", "q", mobile="110")],
            ["on_closed has no effect while mobile_when_closed is on"],
        ),
        ({"on_full": "hangup"}, [agent("li", "q")], ["on_full has no effect while max_length is 0"]),
        ({"max_length": 5}, [agent("li", "q")], ["max_length has no effect while on_full is empty: the caller stays"]),
        ({"max_length": 5, "on_full": "hangup"}, [agent("li", "q")], []),
        ({"on_max_wait": "hangup"}, [agent("li", "q")], ["on_max_wait has no effect while max_wait_s is 0"]),
        ({"max_wait_s": 5}, [agent("li", "q")], ["max_wait_s has no effect while on_max_wait is empty"]),
        ({"on_empty": "hangup"}, [agent("li", "q")], ["on_empty has no effect while staffed is 'always'"]),
        ({"staffed": "ready"}, [agent("li", "q")], ["staffed has no effect while on_empty is empty"]),
        ({"announce_wait": True}, [agent("li", "q")], ["nothing is announced while announce_every_s is 0"]),
        ({"announce_wait": True, "announce_every_s": 30}, [agent("li", "q")], []),
        (
            {},
            [agent("li", "q", mobile="110"), agent("na", "q", mobile="110")],
            ["the agents 'li' and 'na' have one mobile number, 110: it may ring for two calls at once"],
        ),
        (
            {},
            [agent("li.na", "q"), agent("li-na", "q")],
            ["agent 'li.na' and agent 'li-na' share the voicemail box 'agent-li-na'"],
        ),
    ],
)
def test_each_doubt_is_a_sentence(queue: dict[str, Any], agents: list[dict[str, Any]], said: list[str]) -> None:
    found = doubts(queue, *agents)
    assert len(found) == len(said)
    assert all(part in text for part, text in zip(said, found, strict=True))


def test_a_calendar_that_no_queue_names() -> None:
    calendars = [{"id": "a"}, {"id": "b"}]
    assert doubts({"calendar": "a"}, agent("li", "q"), calendars=calendars) == ["no queue names the calendar 'b'"]


def test_queues_that_mean_to_share_a_box() -> None:
    queues = [{"id": "a", "box": "x"}, {"id": "b", "box": "x"}]
    people = [agent("li", "a", "b")]
    assert warnings(Settings.model_validate({"queue": queues, "agent": people})) == []
    mixed = [{"id": "a.b"}, {"id": "a-b"}]
    people = [agent("li", "a.b", "a-b")]
    assert warnings(Settings.model_validate({"queue": mixed, "agent": people})) == [
        "queue 'a.b' and queue 'a-b' share the voicemail box 'a-b'"
    ]
