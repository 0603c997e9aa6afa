"""Playing prompts and saying numbers, digits, dates, times and hours."""

from datetime import date

from cti_server.ivr import play, say_date, say_digits, say_hours, say_number, say_time
from cti_server.settings import Calendar, Hours, Settings, Site
from tests.ivr.caller import MONDAY_NOON, Caller


async def test_prompts_are_played_in_the_callers_language() -> None:
    call = Caller(language="zh")
    await play(call, "welcome", "thank-you")
    assert call.heard == ["zh/welcome", "zh/thank-you"]
    assert call.steps == [("play", "welcome thank-you", "")]


async def test_a_key_skips_what_follows_and_is_kept() -> None:
    call = Caller("1")
    await play(call, "welcome")
    await play(call, "closed")
    assert (call.heard, call.ahead) == (["en/welcome"], "1")
    assert call.steps == [("play", "welcome", "skipped")]


async def test_what_must_be_heard_cannot_be_skipped() -> None:
    call = Caller("1")
    call.ahead = "2"
    await play(call, "connecting", skip=False)
    assert (call.heard, call.ahead) == (["en/connecting"], "2")
    assert call.steps == [("play", "connecting", "")]


async def test_numbers_and_digits() -> None:
    call = Caller(language="zh")
    await say_number(call, 12)
    await say_digits(call, "1-2")
    assert call.heard == ["zh/num-10", "zh/num-2", "zh/num-1", "zh/num-2"]
    assert call.steps == [("say_number", "12", ""), ("say_digits", "1-2", "")]


async def test_a_moment_is_said_in_the_sites_time_zone() -> None:
    late_on_new_years_eve_in_london = 1_767_223_800.0
    call = Caller()
    await say_date(call, late_on_new_years_eve_in_london, year=False)
    await say_date(call, date(2025, 12, 31), year=False)
    await say_time(call, late_on_new_years_eve_in_london)
    assert call.steps == [("say_date", "2026-01-01", ""), ("say_date", "2025-12-31", ""), ("say_time", "07:30", "")]
    assert call.heard == [
        *("en/weekday-4", "en/month-1", "en/ord-1"),
        *("en/weekday-3", "en/month-12", "en/ord-31"),
        *("en/num-7", "en/num-30", "en/am"),
    ]


async def test_the_opening_hours() -> None:
    hours = (Hours(days=(1, 2, 3, 4, 5), open="09:00", close="18:00"), Hours(days=(6, 7), open="10:30", close="12:00"))
    settings = Settings(site=Site(time_zone="Asia/Shanghai"), calendar=Calendar(hours=hours))
    call = Caller(settings=settings, at=MONDAY_NOON)
    await say_hours(call)
    assert " ".join(call.heard).replace("en/", "") == (
        "open-hours weekday-1 to weekday-5 from num-9 am to num-6 pm weekday-6 weekday-7 from num-10 num-30 am to noon"
    )
    chinese = Caller(settings=settings, language="zh")
    await say_hours(chinese)
    assert " ".join(chinese.heard).replace("zh/", "") == (
        "open-hours weekday-1 to weekday-5 morning num-9 o-clock to afternoon num-6 o-clock "
        "weekday-6 weekday-7 morning num-10 o-clock num-3 num-10 minute to noon num-10 num-2 o-clock"
    )
    always = Caller()
    await say_hours(always)
    assert always.heard == ["en/open-hours", "en/every-day", "en/all-day"]
