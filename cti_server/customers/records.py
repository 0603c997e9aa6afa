"""A customer as programs read it, and why a change of one was not taken."""

import msgspec

from cti_server.customers.rules import Kind, PhoneKind, Value


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """`number`: E.164, or as dialled inside. `raw`: as it was given."""

    number: str
    extension: str
    kind: PhoneKind
    raw: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """The last word on one purpose. `source`: where it was said."""

    purpose: str
    given: bool
    at: float
    by: str
    source: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record. Times in epoch seconds. `tier`: 0 to 5. `spent`: in the currency's smallest unit.

    `merged_into`: this one is no more, that one goes on. `erased`: when the personal data was erased.
    """

    id: int
    version: int
    kind: Kind
    name: str
    initials: str
    title: str
    gender: str
    birthday: str
    organisation: int | None
    organisation_name: str
    language: str
    country: str
    region: str
    city: str
    street: str
    postcode: str
    stage: str
    tier: int
    owner: str
    do_not_call: bool
    blocked: bool
    account: str
    since: float | None
    terms: str
    recency_days: int | None
    orders: int
    spent: int
    last_contact: float | None
    notes: str
    created: float
    created_by: str
    changed: float
    changed_by: str
    merged_into: int | None
    erased: float | None
    phones: list[Phone]
    emails: list[str]
    tags: list[str]
    consents: list[Consent]
    extra: dict[str, Value]

    @property
    def active(self) -> bool:
        return self.merged_into is None and self.erased is None


class Invalid(Exception):
    """Values that cannot be stored. `wrong`: the name of each field, and a word of the locales `customers.wrong`."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(", ".join(found))
        self.wrong = found


class Conflict(Exception):
    """Somebody else has changed the record since the version that was named. `now`: as it is."""

    def __init__(self, now: Customer) -> None:
        super().__init__(f"customer {now.id} is at version {now.version}")
        self.now = now
