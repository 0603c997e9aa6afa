"""What is refused although every section alone is right; each with the place and the way to mend it."""

from pathlib import Path
from typing import Any

import pytest

from cti_server.settings import Queue, Settings, SettingsError, load
from cti_server.settings.check import cross_check, queue_with
from cti_server.settings.overflow import circles

TRUNK = {"out_trunk": "trunk"}


def refused(**values: Any) -> str:
    """What is said of settings; empty when they are taken."""
    try:
        cross_check(Path("cti.toml"), Settings.model_validate(values))
    except SettingsError as error:
        return str(error)
    return ""


def queues(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": f"q{n}", **fields} for n, fields in enumerate(more, 1)]


def agent(ident: str, **fields: Any) -> dict[str, Any]:
    return {"id": ident, "phone": f"PJSIP/{ident}", **fields}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"queue": queues({"strategy": "longest_idel"})},
            "queue 'q1': there is no strategy 'longest_idel'; did you mean 'longest_idle'?",
        ),
        ({"queue": queues({"strategy": "?"})}, "there is no strategy '?'; there are longest_idle, "),
        (
            {"queue": queues({"on_full": "queue:q2x"}, {})},
            "queue 'q1': on_full names the queue 'q2x', which is not def",
        ),
        ({"queue": queues({}, {"on_closed": "queue:q1x"})}, "which is not defined; did you mean 'q1'?"),
        ({"queue": queues({"calendar": "nihgt"}), "calendars": [{"id": "night"}]}, "did you mean 'night'?"),
        ({"calendars": [{"id": "a"}, {"id": "a"}]}, "the calendar 'a' is defined twice"),
        ({"branch": [{"id": "east"}, {"id": "east"}]}, "the branch 'east' is defined twice"),
        ({"branch": [{"id": "main"}]}, "a branch is called 'main', which is the site of [pbx]"),
        (
            {"branch": [{"id": "east"}], "agent": [agent("li", site="eats")]},
            "agent 'li' names the site 'eats', which there is not; did you mean 'east'?",
        ),
        (
            {"queue": queues({}), "agent": [agent("li", queues=["q1"], rings={"q12": 1})]},
            "agent 'li' stands in a ring of the queue 'q12', which the agent does not serve; did you mean 'q1'?",
        ),
        (
            {"queue": queues({}), "agent": [agent("li", rings={"q1": 2})]},
            "does not serve; add it to the queues of this agent, or take the ring away",
        ),
        (
            {"queue": queues({"widen": [{"after_s": 20}, {"after_s": 10, "ring": 2}]})},
            "queue 'q1': the steps of widen are after 20, 10 seconds; write them in rising order",
        ),
        ({"queue": queues({"widen": [{"after_s": 10}, {"after_s": 10}]})}, "no two at the same time"),
        (
            {"queue": queues({"extension": "2001"}, {"extension": "2001"})},
            "queue 'q1' and queue 'q2' have one extension, 2001; give each its own",
        ),
        (
            {"queue": queues({"extension": "2001"}), "agent": [agent("li", extension="2001")]},
            "queue 'q1' and agent 'li' have one extension",
        ),
        ({"queue": queues({"extension": "*61"})}, "the extension *61 begins with *6, which is a code that agents dial"),
        ({"agent": [agent("li", extension="*5")]}, "agent 'li': the extension *5 begins with *5"),
        ({"agent": [agent("li", extension="*8#")]}, "begins with *8"),
        ({"agent": [agent("li", extension="700")]}, "the extension 700 is one of 700 to 720, where calls are parked"),
        ({"agent": [agent("li", extension="720")]}, "one of 700 to 720"),
        (
            {"agent": [agent("li"), agent("na", phones=["PJSIP/li"])]},
            "the agents 'li' and 'na' have one phone, PJSIP/li; nobody could say whose call it is",
        ),
        ({"agent": [agent("li", phones=["PJSIP/li"])]}, "agent 'li' names the phone PJSIP/li twice"),
        ({"queue": queues({"callback": True})}, "queue 'q1': callback is on, but no call can leave: set pbx.out_trunk"),
        ({"queue": queues({"on_full": "callback"})}, "on_full is 'callback', but no call can leave"),
        ({"queue": queues({"on_closed": "number:110"})}, "on_closed is 'number:110', but no call can leave"),
        ({"queue": queues({"mobile_when_closed": True})}, "mobile_when_closed is on, but no call can leave"),
        (
            {"agent": [agent("li", mobile="13800138000")]},
            "agent 'li' has the mobile number 13800138000, but no call can leave",
        ),
        ({"calendar": {"holidays": ["2026-02-30"]}}, "calendar: holidays names 2026-02-30, and there is no such day"),
        ({"calendar": {"holidays": ["XX"]}}, "calendar: no public holidays are known for 'XX'"),
        ({"site": {"country": "ZZ"}, "calendars": [{"id": "c", "holidays": ["country"]}]}, "calendar 'c': no public"),
        ({"calendars": [{"id": "c", "holiday_file": "no/such/file"}]}, "calendar 'c': no/such/file: there is no such"),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(values: dict[str, Any], said: str) -> None:
    assert said in refused(**values)


def test_what_goes_together_is_taken() -> None:
    assert not refused(
        pbx=TRUNK,
        queue=queues(
            {"on_full": "queue:q2", "on_closed": "voicemail:", "calendar": "c", "widen": [{"after_s": 5, "ring": 2}]},
            {"on_max_wait": "queue:q3", "callback": True, "on_empty": "callback", "extension": "7001"},
            {"on_max_wait": "number:110", "on_full": "hangup", "extension": "*7", "mobile_when_closed": True},
        ),
        agent=[agent("li", queues=["q1"], rings={"q1": 2}, mobile="13800138000", extension="721")],
        calendars=[{"id": "c", "holidays": ["2026-02-28", "US-CA", "country"], "time_zone": "Europe/Berlin"}],
    )


def test_everything_that_is_wrong_is_told_at_once_with_the_file() -> None:
    told = refused(queue=queues({"strategy": "x", "on_full": "callback"}), agent=[agent("li", queues=["z"])])
    assert len(told.splitlines()) == 3 and all(line.startswith("cti.toml: ") for line in told.splitlines())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            [{"on_full": "queue:q1"}],
            "callers would go round in a circle: q1 -> q1 (on_full of q1); let one of them lead to",
        ),
        (
            [{"on_max_wait": "queue:q2"}, {"on_full": "queue:q1", "on_closed": "queue:q1"}],
            "circle: q1 -> q2 -> q1 (on_max_wait of q1, on_full and on_closed of q2)",
        ),
        (
            [{"on_empty": "queue:q2"}, {"on_empty": "queue:q3"}, {"on_closed": "queue:q4"}, {"on_full": "queue:q2"}],
            "circle: q2 -> q3 -> q4 -> q2 (on_empty of q2, on_closed of q3, on_full of q4)",
        ),
    ],
)
def test_a_circle_of_overflows_is_refused_with_its_path(fields: list[dict[str, Any]], said: str) -> None:
    assert said in refused(queue=queues(*fields))


def test_two_circles_are_two_sentences_and_a_way_that_is_shared_is_none() -> None:
    edges = {q: {} for q in "abcdefg"}
    edges |= {"a": {"b": ["on_full"], "c": ["on_full"]}, "b": {"d": ["on_full"]}, "c": {"d": ["on_full"]}}
    assert list(circles(edges)) == []
    edges |= {"d": {"a": ["on_empty"]}, "f": {"g": ["on_full"]}, "g": {"f": ["on_full"]}}
    assert [told.split(": ")[1].split(" (")[0] for told in circles(edges)] == ["a -> b -> d -> a", "f -> g -> f"]


def test_a_holiday_file_with_an_error_is_refused_at_start(tmp_path: Path) -> None:
    days, config = tmp_path / "days.txt", tmp_path / "cti.toml"
    config.write_text(f"[calendar]\nholiday_file = '{days}'\n")
    days.write_text("2026-10-01 国庆节\n10月2日 国庆节\n")
    with pytest.raises(SettingsError, match=r"days\.txt, line 2: '10月2日 国庆节' does not begin with a date"):
        load(config, {})
    days.write_text("2026-10-01 国庆节\n")
    assert load(config, {}).calendar.holiday_file == days


def test_a_queue_with_other_settings() -> None:
    queue = Queue(id="sales", name="Sales", required={"billing": 3}, widen=())
    changed = queue_with(
        queue,
        {
            "ring_s": "30",
            "callback": "true",
            "name": "Verkauf",
            "box": '"sales-box"',
            "strategy": "longest_idle",
            "required": "{billing = 5, vip = 1}",
            "widen": "[{after_s = 20, ring = 2}]",
            "staffed": "ready",
        },
    )
    assert (changed.ring_s, changed.callback, changed.name, changed.box) == (30.0, True, "Verkauf", "sales-box")
    assert changed.required == {"billing": 5, "vip": 1} and changed.widen[0].ring == 2
    assert changed.sl_threshold_s == queue.sl_threshold_s
    assert queue.required == {"billing": 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rings": "3"}, "a queue has no setting 'rings'; did you mean 'ring_s'"),
        ({"id": "x"}, "the id of a queue never changes"),
        ({"ring_s": "soon"}, "ring_s: .*valid number"),
        ({"ring_s": "0"}, "ring_s: .*greater than or equal to 1"),
        ({"strategy": "longest_idel"}, "there is no strategy 'longest_idel'; did you mean 'longest_idle'"),
        ({"required": "{billing"}, "required: '{billing' cannot be read: "),
        ({"required": "{billing = 50}"}, r"required\.billing: .*less than or equal to 10"),
        ({"widen": "[{after_s = 9}, {after_s = 3}]"}, "write them in rising order"),
        ({"on_full": "nirvana"}, "on_full: "),
    ],
)
def test_changes_that_cannot_be_are_said(changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        queue_with(Queue(id="sales"), changes)
