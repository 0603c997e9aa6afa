"""What ends a script, what goes with the call, and the hours."""

import pytest
from structlog.testing import capture_logs

from cti_server.ivr import (
    Call,
    hangup,
    is_open,
    queue,
    run_script,
    say_hours,
    set_data,
    transfer,
    voicemail,
    when_closed,
)
from cti_server.ivr.call import Route
from cti_server.settings import Calendar, Hours, NamedCalendar, Number, Queue, Settings
from tests.ivr.caller import MONDAY_NOON, Caller, routed

SERVICE_LINE = Number(match="4000", queue="service")


async def test_a_queue_that_exists() -> None:
    call = Caller()
    assert await routed(queue(call, "vip", priority=5)) == Route(action="queue", queue="vip", priority=5)
    assert call.steps == [("queue", "vip", "5")]


async def test_without_a_name_it_is_the_numbers_queue_else_the_first() -> None:
    assert (await routed(queue(Caller(number=SERVICE_LINE)))).queue == "service"
    assert (await routed(queue(Caller()))).queue == "sales"
    assert (await routed(queue(Caller(settings=Settings())))).queue == "default"


async def test_an_unknown_queue_is_the_default_one_with_a_warning() -> None:
    with capture_logs() as logs:
        assert (await routed(queue(Caller(number=SERVICE_LINE), "slaes"))).queue == "service"
    assert [(e["log_level"], e["call_id"], e["queue"]) for e in logs] == [("warning", "170.1", "slaes")]


async def test_transfer_voicemail_hangup() -> None:
    call = Caller(number=SERVICE_LINE)
    assert await routed(transfer(call, "8001")) == Route(action="transfer", exten="8001")
    assert await routed(voicemail(call)) == Route(action="voicemail", box="service")
    assert await routed(voicemail(call, "complaints")) == Route(action="voicemail", box="complaints")
    assert call.heard == [], "the dialplan plays the prompt, so that a key can skip it"
    assert await routed(hangup(call)) == Route(action="hangup")
    assert [node for node, _, _ in call.steps] == ["transfer", "voicemail", "voicemail", "hangup"]


@pytest.mark.parametrize("exten", ["", "8001,1", "1${X}", "a b", "1\n2", "x" * 50, "1&2", "1)", "1\n"])
async def test_what_is_no_extension_is_refused(exten: str) -> None:
    call = Caller()
    with pytest.raises(ValueError):
        await transfer(call, exten)
    assert call.steps == []


async def test_the_box_of_a_queue_with_a_dot_has_a_dash() -> None:
    assert (await routed(voicemail(Caller(number=Number(match="1", queue="a.b"))))).box == "a-b"


@pytest.mark.parametrize("box", ["../x", "a b", "${X}", "a.b", "a\n", "a,b"])
async def test_what_is_no_box_is_refused(box: str) -> None:
    with pytest.raises(ValueError):
        await voicemail(Caller(), box)
    with pytest.raises(ValueError):
        await voicemail(Caller(), prompt=box)


async def test_data_travels_with_the_call() -> None:
    call = Caller()
    await set_data(call, "account", "12345")
    await set_data(call, "long", "x" * 5000)
    assert call.data == {"account": "12345", "long": "x" * 1000}
    assert call.steps[0] == ("set", "account", "12345")
    for key in ("", "Account", "a b", "1a", "a\n"):
        with pytest.raises(ValueError):
            await set_data(call, key, "x")


async def test_the_hours_of_the_calendar() -> None:
    office = Settings(calendar=Calendar(hours=(Hours(days=(1,), open="09:00", close="12:01"),)))
    call = Caller(settings=office)
    assert await is_open(call)
    later = Caller(settings=office, at=MONDAY_NOON + 60)
    assert not await is_open(later)
    assert [*call.steps, *later.steps] == [("hours", "", "open"), ("hours", "", "closed")]


async def test_the_hours_of_a_named_queue() -> None:
    early = NamedCalendar(id="early", hours=(Hours(open="06:00", close="11:00"),))
    office = Settings(calendars=(early,), queue=(Queue(id="sales"), Queue(id="depot", calendar="early", name="Depot")))
    call = Caller(settings=office)
    assert await is_open(call) and await is_open(call, "sales") and await is_open(call, "no such queue")
    assert not await is_open(call, "depot")
    assert not await is_open(Caller(settings=office, number=Number(match="*", queue="depot")))
    assert call.steps[-1] == ("hours", "depot", "closed")
    await say_hours(call, "depot")
    assert call.heard == [f"en/{p}" for p in "open-hours every-day from num-6 am to num-11 am".split()]


async def test_a_queue_that_is_switched_to_mobiles_is_open_at_any_hour() -> None:
    closed = Settings(calendar=Calendar(hours=()), queue=(Queue(id="sales"), Queue(id="service")))
    call = Caller(settings=closed, mobile=("sales",))
    assert await is_open(call)
    assert not await is_open(call, "service")
    assert call.steps == [("hours", "", "mobile"), ("hours", "service", "closed")]


async def test_what_a_queue_does_while_it_is_closed() -> None:
    queues = (
        Queue(id="none"),
        Queue(id="message", on_closed="voicemail:"),
        Queue(id="mobile", on_closed="hangup", mobile_when_closed=True),
    )
    call = Caller(settings=Settings(queue=queues))
    assert [await when_closed(call, name) for name in ("", "none", "message", "mobile")] == [
        "",
        "",
        "voicemail:",
        "mobile",
    ]


async def test_another_script_may_end_the_call() -> None:
    async def other(call: Call) -> None:
        await hangup(call)

    call = Caller(scripts={"other": other})
    assert await routed(run_script(call, "other")) == Route(action="hangup")
    assert call.steps == [("script", "other", ""), ("hangup", "", "")]
