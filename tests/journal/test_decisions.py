"""Why an agent got a caller, in words of both languages: on the page, in the API, in the story."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti_server.core import events as ev
from cti_server.core.events import Candidate
from cti_server.core.state import Call, Entry, IvrStep, State
from cti_server.journal.decisions import Decision, decisions
from cti_server.journal.path import Word, data_words, step_words
from cti_server.journal.story import story
from cti_server.journal.wording import Wording
from cti_server.web import i18n
from cti_server.web.i18n import Words
from tests.journal.floor import T0, Caller, Floor, opening
from tests.web.kit import Site, running_site

TABLES = i18n.load()


def wording(language: str = "en") -> Wording:
    floor = Floor()
    floor.do(*opening())
    return Wording(Words(TABLES, language, "Asia/Shanghai"), floor.state)


def a_call() -> Call:
    entry = Entry(id="7.1#1", call="7.1", channel="7.1", queue="sales", queued=T0)
    return Call(id="7.1", direction="inbound", started=T0, language="zh", caller="7.1", entries=[entry])


def an_offer(**fields: Any) -> ev.OfferMade:
    given: dict[str, Any] = {
        "at": T0 + 45,
        "offer": "o1",
        "entry": "7.1#1",
        "channel": "7.1",
        "queue": "sales",
        "agent": "a1",
        "endpoint": "PJSIP/a1",
        "considered": (
            Candidate(agent="a1", score=300, parts={"idle": 250, "language": 50}),
            Candidate(agent="a2", score=120.54, parts={"idle": 140.54, "fairness": -20}, reason="score"),
            Candidate(agent="a3", reason="skill:billing"),
        ),
        "passed": {"paused": 3, "talking": 41},
        "urgency": {"waited": 45, "value": 120},
    }
    return ev.OfferMade(**given | fields)


def decided(event: ev.Event, language: str = "en") -> Decision:
    (decision,) = decisions(a_call(), [event], wording(language))
    return decision


def test_the_chosen_one_and_why_in_words_and_numbers() -> None:
    decision = decided(an_offer())
    assert (decision.agent, decision.name, decision.score) == ("a1", "Agent 1", 300)
    assert (decision.strategy_words, decision.queue_name) == ("Longest idle", "Sales")
    assert [(p.name, p.value, p.words, p.amount) for p in decision.parts] == [
        ("idle", 250, "free for 4 min 10 s", "+250"),
        ("language", 50, "speaks Chinese", "+50"),
    ]
    assert [(p.name, p.words, p.amount) for p in decision.urgency] == [
        ("waited", "waited", "+45 s"),
        ("value", "value of the customer", "+2 min"),
    ]


@pytest.mark.parametrize(
    ("strategy", "part", "points", "words", "amount"),
    [
        ("longest_idle", "idle", 250.0, "free for 4 min 10 s", "+250"),
        ("most_skilled", "idle", 0.25, "free for 4 min 10 s", "+0.2"),
        ("most_skilled", "skill", 8000.0, "proficiency 8", "+8,000"),
        ("most_skilled", "fairness", -210.0, "busy for 42 % of today", "−210"),
        ("least_calls", "calls", -7000.0, "calls taken today: 7", "−7,000"),
        ("round_robin", "turn", 12.0, "offers since the own last one: 12", "+12"),
        ("priority_rings", "ring", -2_000_000.0, "ring 3", "−2,000,000"),
        ("longest_idle", "ticket_owner", 40_000_000.0, "has this customer's open ticket", "+40,000,000"),
        ("astrology", "idle", 250.0, "time without a call", "+250"),
    ],
)
def test_a_part_says_what_it_measures(strategy: str, part: str, points: float, words: str, amount: str) -> None:
    looked = Candidate(agent="a1", score=points, parts={part: points})
    (shown,) = decided(an_offer(strategy=strategy, considered=(looked,))).parts
    assert (shown.value, shown.words, shown.amount) == (points, words, amount)


def test_why_not_the_others() -> None:
    decision = decided(an_offer())
    assert [(o.name, o.reason, o.words) for o in decision.others] == [
        ("Agent 2", "score", "120.5 points"),
        ("Agent 3", "skill:billing", "without enough billing"),
    ]
    assert [part.amount for part in decision.others[0].parts] == ["+140.5", "−20"]
    assert [(p.reason, p.count, p.words) for p in decision.passed] == [
        ("talking", 41, "41 talking"),
        ("paused", 3, "3 paused"),
    ]


def test_the_whole_of_it_reads_as_sentences_in_both_languages() -> None:
    assert decided(an_offer()).words == (
        "Agent 1 was chosen by “Longest idle”. 300 points: free for 4 min 10 s +250, speaks Chinese +50. "
        "This caller was next: waited +45 s, value of the customer +2 min. "
        "Not chosen: Agent 2: 120.5 points, Agent 3: without enough billing, 41 talking, 3 paused."
    )
    chinese = decided(an_offer(), "zh").words
    assert chinese.startswith("按“最长空闲”选中Agent 1。得 300 分：已空闲 4 分 10 秒 +250，会说中文 +50。")
    assert chinese.endswith("41 人通话中，3 人小休中。")


def test_what_has_no_text_yet_is_shown_by_its_name() -> None:
    strange = Candidate(agent="a1", score=7, parts={"moon_phase": 7})
    event = an_offer(
        strategy="astrology", considered=(strange,), passed={"eclipsed": 2}, urgency={"tide": 3.0}, agent="a1"
    )
    for language in ("en", "zh"):
        decision = decided(event, language)
        assert (decision.strategy_words, decision.parts[0].words) == ("astrology", "moon_phase")
        assert decision.urgency[0].words == "tide" and "eclipsed" in decision.passed[0].words


def test_an_offer_of_an_older_journal_has_no_parts_and_is_shown_all_the_same() -> None:
    old = an_offer(considered=(Candidate(agent="a2", score=3), Candidate(agent="a1", score=9)), passed={}, urgency={})
    decision = decided(old)
    assert (decision.name, decision.score, decision.parts) == ("Agent 1", 9, [])
    assert [other.words for other in decision.others] == ["3 points"]
    bare = decided(an_offer(considered=(), passed={}, urgency={}, agent="gone"))
    assert (bare.name, bare.words) == ("gone", "gone was chosen by “Longest idle”.")


def test_a_callback_is_a_decision_too() -> None:
    tried = ev.CallbackTried(at=T0, callback="cb1", channel="7.1", first="agent", agent="a1", strategy="round_robin")
    assert (decided(tried).kind, decided(tried).id, decided(tried).strategy_words) == ("callback", "cb1", "Round robin")
    customer = ev.CallbackTried(at=T0, callback="cb1", channel="7.1", first="customer")
    assert decided(customer).words == "The customer is called first."


STORY = (
    (
        ev.CallerHeld(at=T0 + 2, entry="7.1#1", agent="a1", until=T0 + 62, part="last_agent"),
        "Kept for Agent 1 until 06:14:22, who talked with this caller last",
    ),
    (
        ev.CallerHeld(at=T0 + 2, entry="7.1#1", agent="a1", until=T0 + 62, part="horoscope"),
        "Kept for Agent 1 until 06:14:22",
    ),
    (
        ev.CallerSent(at=T0 + 300, entry="7.1#1", channel="7.1", to="voicemail:sales", why="max_wait"),
        "Sent to voicemail sales because the caller waited longer than 5 min",
    ),
    (
        ev.CallerSent(at=T0 + 3, entry="7.1#1", channel="7.1", to="queue:support", why="person", by="mei"),
        "Sent to Support by hand: mei",
    ),
    (ev.CallerStayed(at=T0 + 3, entry="7.1#1"), "Stays in the queue after all"),
    (ev.CallerLeft(at=T0 + 3, channel="7.1", to="hangup"), "Went on to hang-up"),
    (ev.CallerChoosing(at=T0 + 3, channel="7.1"), "Pressed the key for a callback"),
    (
        ev.VoicemailLeft(at=T0 + 9, channel="7.1", box="sales", path="/x.wav", duration_s=75),
        "Left a message of 1 min 15 s",
    ),
    (ev.CallbackAsked(at=T0 + 3, channel="7.1", number="13800138000"), "Asked to be called back at 13800138000"),
    (
        ev.CallbackPlanned(
            at=T0 + 3, callback="cb1", queue="sales", number="138", queued=T0, not_before=T0 + 60, call="7.1"
        ),
        "Callback promised to 138 not before 06:14:20",
    ),
    (
        ev.CallbackTried(at=T0 + 3, callback="cb1", channel="7.1", first="agent", agent="a2", attempt=2),
        "Callback by Agent 2 attempt 2",
    ),
    (
        ev.CallbackMissed(at=T0 + 3, callback="cb1", why="busy", not_before=T0 + 600),
        "Callback did not succeed Busy next attempt at 06:23:20",
    ),
    (ev.CallbackEnded(at=T0 + 3, callback="cb1", outcome="cancelled", by="mei"), "Callback closed Cancelled mei"),
)


@pytest.mark.parametrize(("event", "said"), STORY, ids=[type(event).__name__ for event, _ in STORY])
def test_what_was_decided_is_a_line_of_the_story(event: ev.Event, said: str) -> None:
    line = next(line for line in story(a_call(), [event]) if line.at == event.at)
    for language in ("en", "zh"):
        told = wording(language)
        words = told.words
        who = told.target(line.target) if line.target else told.agents.get(line.who) or told.queue(line.who)
        badge = words.one_of(line.group, line.word) if line.word else ""
        shown = [words.text(f"story.{line.key}"), who, badge, told.tail(line), line.note]
        if language == "en":
            assert " ".join(part for part in shown if part) == said


def test_a_caller_who_was_answered_before_the_order_came_was_not_sent() -> None:
    call = a_call()
    call.entries[0].outcome = "answered"
    sent = ev.CallerSent(at=T0 + 3, entry="7.1#1", channel="7.1", to="queue:support", why="person", by="mei")
    assert all(line.key != "caller_sent" for line in story(call, [sent]))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (IvrStep(at=0, node="menu", label="main-menu", result="1 sales"), ["Menu", "Main menu", "1", "Sales"]),
        (IvrStep(at=0, node="menu", label="tea?", result="invalid 7"), ["Menu", "tea?", "wrong key", "7"]),
        (IvrStep(at=0, node="menu", label="main-menu", result="timeout"), ["Menu", "Main menu", "no key pressed"]),
        (IvrStep(at=0, node="digits", label="enter-account", result="88102"), ["Digits", "Account number", "88102"]),
        (
            IvrStep(at=0, node="digits", label="enter-account", result="too short"),
            ["Digits", "Account number", "too short"],
        ),
        (IvrStep(at=0, node="hours", result="holiday Qingming"), ["Business hours", "holiday", "Qingming"]),
        (IvrStep(at=0, node="set", label="owner", result="a2"), ["Looked after by", "Agent 2"]),
        (IvrStep(at=0, node="queue", label="support"), ["Queue", "Support"]),
        (IvrStep(at=0, node="language", label="language-choice", result="zh"), ["Language", "Chinese"]),
        (
            IvrStep(at=0, node="play", label="welcome my-own", result="skipped"),
            ["Announcement", "Greeting", "my-own", "skipped"],
        ),
        (IvrStep(at=0, node="end", result="caller_gone"), ["End of the IVR", "the caller hung up"]),
        (IvrStep(at=0, node="horoscope", label="x", result="y"), ["horoscope", "x", "y"]),
    ],
)
def test_the_ivr_path_in_words(step: IvrStep, said: list[str]) -> None:
    assert [wording().say(word) for word in step_words(step)] == said


def test_what_travels_with_the_call_in_words() -> None:
    said = {
        "account": ("88102", "Account number", "88102"),
        "reason": ("sales", "Reason", "Sales"),
        "ticket_owner": ("a3", "Owner of the open ticket", "Agent 3"),
        "skills": ("billing:5,vip", "Skills asked for", "billing 5, vip"),
        "voicemail": ("/var/spool/x/7.1.wav", "Voicemail", "7.1.wav"),
        "shoe_size": ("44", "shoe_size", "44"),
    }
    for key, (value, *words) in said.items():
        assert [wording().say(word) for word in data_words(key, value)] == words
    assert wording().say(Word("agents", "nobody")) == "nobody"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as running:
        await running.add_people()
        yield running


async def a_recorded_call(site: Site) -> Caller:
    """A caller who waits, is kept, offered and sent away; in the database, with events that name no channel."""
    site.do(*opening())
    site.do(
        *(
            ev.AgentPaused(at=T0, agent=agent.id, code="lunch")
            for agent in [a.config for a in site.state.agents.values()]
        )
    )
    floor = Floor(site.state)
    floor.center = site.center
    floor.do = lambda *events: [floor.steps.append(site.do(event)) for event in events] and None  # type: ignore
    caller = Caller(floor)
    caller.arrive(T0 + 1)
    caller.queue(T0 + 2)
    entry = f"{caller.id}#1"
    site.do(
        ev.CallerHeld(at=T0 + 3, entry=entry, agent="a2", until=T0 + 33, part="owner"),
        an_offer(entry=entry, channel=caller.id),
        ev.OfferEnded(at=T0 + 60, offer="o1", outcome="declined"),
    )
    await site.writer.flush()
    return caller


async def test_the_page_shows_it_in_both_languages(site: Site) -> None:
    caller = await a_recorded_call(site)
    wanted = {
        "en": (
            "Who got the call, and why",
            "300 points",
            "speaks",
            "41 talking, 3 paused",
            "without enough billing",
            "Why this caller",
            "Kept for",
            "looks after this customer",
            "Declined",
        ),
        "zh": (
            "分配给谁，为什么",
            "300 分",
            "已空闲 4 分 10 秒",
            "41 人通话中，3 人小休中",
            "技能 billing 不足",
            "为何是此来电",
            "保留给",
            "该客户的专属坐席",
            "拒接",
        ),
    }
    async with site.visitor("reviewer") as visitor:
        for language, words in wanted.items():
            status, text = await visitor.get(f"/calls/{caller.id}", headers={"Accept-Language": language})
            assert status == 200
            assert [word for word in words if word not in text] == []
            assert "skill:billing" not in text.partition('class="card event-list"')[0]


async def test_the_api_gives_numbers_and_words_of_the_language_asked_for(site: Site) -> None:
    caller = await a_recorded_call(site)
    path = f"/api/v1/calls/{caller.id}/decisions"
    async with site.visitor() as visitor:
        auth = {"Authorization": f"Bearer {await site.token('reviewer')}"}
        for query, accepted, language in (("", "zh-CN", "zh"), ("?language=en", "zh-CN", "en"), ("", "fr", "en")):
            status, text = await visitor.get(path + query, headers=auth | {"Accept-Language": accepted})
            answer = json.loads(text)
            assert (status, answer["language"]) == (200, language)
            (decision,) = answer["items"]
            assert decision["parts"][0]["value"] == 250 and decision["outcome"] == "declined"
            assert decision["strategy_words"] == {"en": "Longest idle", "zh": "最长空闲"}[language]
        assert (await visitor.get(path + "?language=fr", headers=auth))[0] == 400
        assert (await visitor.get("/api/v1/calls/none/decisions", headers=auth))[0] == 404


def test_names_are_those_of_today() -> None:
    assert Wording(Words(TABLES, "en", "UTC"), State()).agent("a1") == "a1"
