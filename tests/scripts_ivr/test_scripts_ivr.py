"""The shipped scripts, played through."""

import pytest

from cti_server.ivr.call import Route
from cti_server.settings import Calendar, Hours, Number, Queue, Settings
from scripts_ivr import after_hours, main_menu
from tests.ivr.caller import OFFICE, Caller, routed

SERVICE_LINE = Number(match="4000", queue="service")
CLOSED = OFFICE.model_copy(update={"calendar": Calendar(hours=())})


async def test_sales_in_mandarin() -> None:
    call = Caller("", "2", "", "1")
    assert await routed(main_menu.run(call)) == Route(action="queue", queue="sales")
    assert call.heard == [
        "en/welcome",
        "en/language-choice",
        "zh/main-menu",
        "zh/connecting",
    ]
    assert call.data == {"language": "zh", "reason": "sales"}


async def test_the_account_number_travels_to_service() -> None:
    call = Caller("1", "", "9", "3", "", "1", "2", "3", "4", "5", "#")
    assert await routed(main_menu.run(call)) == Route(action="queue", queue="service")
    assert call.data == {"language": "en", "account": "12345", "reason": "service"}
    assert call.heard[-7:] == [*(f"en/{p}" for p in ("you-entered num-1 num-2 num-3 num-4 num-5 connecting".split()))]


@pytest.mark.parametrize("presses", [("", "", "", "", "0"), ()])
async def test_the_operator_and_silence_lead_to_the_numbers_queue(presses: tuple[str, ...]) -> None:
    call = Caller(*presses, number=SERVICE_LINE)
    assert (await routed(main_menu.run(call))).queue == "service"
    assert call.data == {}


async def test_a_site_without_those_queues() -> None:
    call = Caller("1", "", "1", settings=Settings())
    assert (await routed(main_menu.run(call))).queue == "default"


async def test_closed_leads_to_the_message() -> None:
    call = Caller("", "", "1", settings=CLOSED, scripts={"after_hours": after_hours.run})
    assert await routed(main_menu.run(call)) == Route(action="voicemail", box="sales")
    assert call.heard == ["en/closed", "en/open-hours", "en/leave-message"]


@pytest.mark.parametrize("presses", [("", "", "2"), ()])
async def test_whoever_leaves_no_message_is_told_goodbye(presses: tuple[str, ...]) -> None:
    hours = Calendar(hours=(Hours(days=(7,), open="01:00", close="02:00"),))
    call = Caller(*presses, settings=OFFICE.model_copy(update={"calendar": hours}), language="zh")
    assert await routed(after_hours.run(call)) == Route(action="hangup")
    assert call.heard[-1] == "zh/goodbye"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("queue", "last"),
    [
        (Queue(id="service", on_closed="voicemail:night"), "open-hours"),
        (Queue(id="service", on_closed="callback"), "open-hours"),
        (Queue(id="service", on_closed="number:+8613800138000"), "connecting"),
        (Queue(id="service", on_closed="queue:sales"), "connecting"),
        (Queue(id="service", on_closed="hangup"), "goodbye"),
        (Queue(id="service", mobile_when_closed=True), "connecting"),
    ],
)
async def test_a_queue_that_knows_what_to_do_out_of_hours_gets_the_caller(
    queue: Queue, last: str, language: str
) -> None:
    settings = CLOSED.model_copy(update={"queue": (Queue(id="sales"), queue)})
    scripts = {"after_hours": after_hours.run}
    call = Caller(settings=settings, number=SERVICE_LINE, language=language, scripts=scripts)
    assert await routed(main_menu.run(call)) == Route(action="queue", queue="service")
    assert call.heard[0] == f"{language}/closed" and call.heard[-1] == f"{language}/{last}"


async def test_out_of_hours_nobody_is_turned_away_from_a_queue_switched_to_mobiles() -> None:
    call = Caller("", "1", "", "0", settings=CLOSED, number=SERVICE_LINE, mobile=("service",))
    assert await routed(main_menu.run(call)) == Route(action="queue", queue="service")
    assert "en/closed" not in call.heard
