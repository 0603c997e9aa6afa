"""Of two records of one customer, which value of each field is kept. Pure."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

Side: TypeAlias = Literal["kept", "gone"]

FIELDS = tuple(
    "kind name title gender birthday organisation language country region city street postcode stage owner account "
    "terms notes".split()
)
"""What people choose between. The rest follows a rule of its own, see `merged`."""


def differing(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> list[str]:
    """Fields of which both have a value, and not the same one: there a person must choose."""
    return [name for name in FIELDS if kept[name] and gone[name] and kept[name] != gone[name]]


def chosen(name: str, kept: Mapping[str, Any], gone: Mapping[str, Any], picks: Mapping[str, Side]) -> Any:
    """What was picked, else what the kept record has, else what the other one has."""
    if kept[name] and gone[name]:
        return gone[name] if picks.get(name) == "gone" else kept[name]
    return kept[name] or gone[name] or kept[name]


def merged(kept: Mapping[str, Any], gone: Mapping[str, Any], picks: Mapping[str, Side]) -> dict[str, Any]:
    """The values of the record that stays.

    Who did not want to be called, or was blocked, in either record still is; a customer since the earlier day, of the
    higher tier, with the orders of both. The site's own fields: those of both, the kept record's where both have one.
    """
    values = {name: chosen(name, kept, gone, picks) for name in FIELDS}
    if values["organisation"] in (kept["id"], gone["id"]):
        values["organisation"] = None
    values["do_not_call"] = kept["do_not_call"] or gone["do_not_call"]
    values["blocked"] = kept["blocked"] or gone["blocked"]
    values["tier"] = max(kept["tier"], gone["tier"])
    values["orders"], values["spent"] = kept["orders"] + gone["orders"], kept["spent"] + gone["spent"]
    values["since"] = min(_there(kept["since"], gone["since"]), default=None)
    values["recency_days"] = min(_there(kept["recency_days"], gone["recency_days"]), default=None)
    values["last_contact"] = max(_there(kept["last_contact"], gone["last_contact"]), default=None)
    values["extra"] = {**gone["extra"], **kept["extra"]}
    return values


def _there(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]
