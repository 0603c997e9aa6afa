"""Cohort figures: each entry has one outcome, and the outcomes and those who wait are all there are."""

import string

from hypothesis import given
from hypothesis import strategies as st

from cti_server.core.state import Call, Entry, Leg, Offer, Span
from cti_server.journal.projections import OUTCOMES, call_rows, queue_half_hours, with_wrapup
from tests.journal.conftest import ZONE

T0 = 1_700_000_000.0
ENTRIES = st.lists(
    st.builds(
        lambda n, queue, queued, outcome, wait: Entry(
            id=f"e{n}",
            call=f"c{n}",
            channel="x",
            queue=queue,
            queued=T0 + queued,
            outcome=outcome,
            ended=T0 + queued + wait if outcome else None,
        ),
        st.integers(),
        st.sampled_from(["sales", "support"]),
        st.floats(0, 90_000),
        st.sampled_from(["", *OUTCOMES]),
        st.floats(0, 600),
    ),
    unique_by=lambda e: e.id,
    max_size=60,
)


def call_of(entry: Entry) -> Call:
    return Call(id=entry.call, direction="inbound", started=entry.queued, entries=[entry])


@given(entries=ENTRIES)
def test_offered_is_all_outcomes_and_those_who_wait(entries: list[Entry]) -> None:
    rows = [row for e in entries for row in call_rows(call_of(e), ZONE, {}).entries]
    figures = queue_half_hours(rows)
    for line in figures.values():
        assert line["offered"] == sum(line[name] for name in OUTCOMES) + line["waiting"]
        assert line["answered_within"] <= line["answered"]
    assert sum(line["offered"] for line in figures.values()) == len(entries)
    assert queue_half_hours(reversed(rows)) == figures


def test_an_answer_at_the_threshold_is_within_it() -> None:
    entry = Entry(id="e", call="c", channel="x", queue="sales", queued=T0, outcome="answered", ended=T0 + 20)
    (at_it,) = queue_half_hours(call_rows(call_of(entry), ZONE, {"sales": 20.0}).entries).values()
    entry.ended = T0 + 20.001
    (after,) = queue_half_hours(call_rows(call_of(entry), ZONE, {"sales": 20.0}).entries).values()
    assert (at_it["answered_within"], after["answered_within"]) == (1, 0)


def test_after_a_transfer_each_queue_gets_the_talk_of_its_own_agent() -> None:
    call = Call(id="c", direction="inbound", started=T0)
    for n, (queue, talk_s) in enumerate([("sales", 60), ("support", 100)]):
        at = T0 + n * 200
        call.entries.append(
            Entry(
                id=f"c#{n}",
                call="c",
                channel="x",
                queue=queue,
                queued=at,
                outcome="answered",
                ended=at + 10,
                agent="a1",
            )
        )
        call.offers.append(
            Offer(
                id=f"o{n}",
                entry=f"c#{n}",
                call="c",
                channel="x",
                agent="a1",
                queue=queue,
                made=at,
                agent_channel=f"l{n}",
            )
        )
        spans = [Span("ring", at, at + 10), Span("talk", at + 10, at + 10 + talk_s)]
        call.legs.append(Leg(f"l{n}", "PJSIP/a1", "agent", at, agent="a1", answered=at + 10, spans=spans))
    rows = call_rows(call, ZONE, {})
    spans = [{"status": "wrap_up", "call": "c", "agent": "a1", "ms": 7000}]
    figures = {key[1]: line for key, line in queue_half_hours(with_wrapup(rows.entries, spans)).items()}
    assert (figures["sales"]["talk_ms"], figures["support"]["talk_ms"]) == (60_000, 100_000)
    assert (figures["sales"]["wrapup_ms"], figures["support"]["wrapup_ms"]) == (0, 7000)
    assert rows.call["talk_s"] == 160


def test_what_a_database_would_refuse_does_not_reach_it() -> None:
    call = Call(
        id="c", direction="inbound", started=T0, ani="1\0" + string.digits, caller_name="\ud83d", hangup_cause=2**40
    )
    row = call_rows(call, ZONE, {}).call
    assert (row["ani"], row["caller_name"], row["hangup_cause"]) == ("1\ufffd0123456789", "?", 2**31 - 1)
    assert "\\u0000" in row["body"]
