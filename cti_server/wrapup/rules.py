"""What codes there are for a queue, and what may be noted when. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

MOST_NOTE = 20_000
MOST_NAME = 100
CODE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")

Lack = Literal["", "no_code", "no_note"]


class Refused(Exception):
    """`why`: a word of the locales `wrapup.refused`."""

    def __init__(self, why: str, **values: object) -> None:
        super().__init__(why)
        self.why, self.values = why, values


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One disposition code. `queues` empty: of every queue. `parent`: the id of its group, or empty."""

    id: str
    name_en: str
    name_zh: str
    parent: str
    position: int
    queues: list[str]
    needs_note: bool
    plans_callback: bool
    retired: bool
    changed: float
    changed_by: str
    version: int

    def name(self, language: str) -> str:
        return (self.name_zh if language == "zh" else "") or self.name_en

    def is_of(self, queue: str) -> bool:
        return not self.queues or queue in self.queues


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's part in a call. `leg`: the agent's channel; `ended` None while it lasts; `talked`: it was answered."""

    leg: str
    call: str
    agent: str
    queue: str
    began: float
    ended: float | None
    talked: bool

    def is_open(self, now: float, hours: float) -> bool:
        """Whether it may still be noted: during the call, and for some hours after."""
        return self.ended is None or (self.talked and now <= self.ended + hours * 3600)


def chosen_from(codes: Sequence[Code], queue: str) -> list[Code]:
    """Those that can be chosen for a call of this queue, in the order of the groups. A group itself cannot be."""
    groups = {code.parent for code in codes if code.parent}
    places = {code.id: (code.position, code.id) for code in codes}
    found = [code for code in codes if code.id not in groups and not code.retired and code.is_of(queue)]
    gone = {code.id for code in codes if code.retired}

    def place(code: Code) -> tuple[object, ...]:
        return (*places.get(code.parent, (code.position, code.id)), code.position, code.id)

    return sorted((code for code in found if code.parent not in gone), key=place)


def own_talk(talks: Iterable[Talk], agent: str) -> Talk | None:
    """The talk that an agent notes: the one that lasts, else the last that was one."""
    mine = [talk for talk in talks if talk.agent == agent]
    return max(mine, key=lambda talk: (talk.ended is None, talk.talked, talk.began), default=None)


def lacking(code: Code | None, note: str, required: bool) -> Lack:
    """What is missing before the wrap-up can be ended by the agent."""
    if code is None:
        return "no_code" if required else ""
    return "no_note" if code.needs_note and not note.strip() else ""


def wrong_code(given: Mapping[str, object], others: Mapping[str, Code], own: str) -> str:
    """What is wrong with a code as an administrator wrote it: a word of `wrapup.refused`, empty for nothing."""
    if not CODE_ID.fullmatch(str(given["id"])):
        return "id"
    if not given["name_en"] or not given["name_zh"]:
        return "name"
    parent = str(given["parent"])
    if not parent:
        return ""
    group = others.get(parent)
    has_members = any(code.parent == own for code in others.values())
    return "parent" if group is None or group.parent or parent == own or has_members else ""
