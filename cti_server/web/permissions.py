"""Who may do what. A route names one permission; a role has a set of them; anything not named is refused."""

from enum import StrEnum
from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["administrator", "supervisor", "agent", "reviewer"]
ROLES: tuple[Role, ...] = get_args(Role)


class Permission(StrEnum):
    PUBLIC = "public"
    """Anybody, without a login: the login page itself, health, static files."""
    SIGNED_IN = "signed_in"
    SEE_FLOOR = "see_floor"
    DIRECT_FLOOR = "direct_floor"
    """Order agents, queues and waiting callers about."""
    READ_CALLS = "read_calls"
    HEAR_RECORDINGS = "hear_recordings"
    READ_FIGURES = "read_figures"
    USE_DESK = "use_desk"
    SEE_FOLLOW_UPS = "see_follow_ups"
    """Callbacks, messages and missed callers: of the own queues, and the own box."""
    MANAGE_FOLLOW_UPS = "manage_follow_ups"
    """Those of everybody; to plan and cancel callbacks."""
    SEE_CUSTOMERS = "see_customers"
    EDIT_CUSTOMERS = "edit_customers"
    MANAGE_CUSTOMERS = "manage_customers"
    """Import, export, merge, erase; the site's own fields."""
    SEE_TICKETS = "see_tickets"
    EDIT_TICKETS = "edit_tickets"
    MANAGE_TICKETS = "manage_tickets"
    """Categories, service levels, mail boxes."""
    SEE_SALES = "see_sales"
    """The own opportunities, orders and figures; prices."""
    EDIT_SALES = "edit_sales"
    MANAGE_SALES = "manage_sales"
    """Those of everybody; products, prices, quotas and commission."""
    MANAGE_RULES = "manage_rules"
    """Rules and webhooks."""
    SEE_DELIVERIES = "see_deliveries"
    """Whether screen pops were shown."""
    MANAGE_WRAPUP = "manage_wrapup"
    """Disposition codes; what everybody noted of calls."""
    SEE_KNOWLEDGE = "see_knowledge"
    MANAGE_KNOWLEDGE = "manage_knowledge"
    """Articles of the knowledge base and call scripts."""
    MANAGE_USERS = "manage_users"


_ALL = frozenset(Permission)
GRANTS: dict[Role, frozenset[Permission]] = {
    "administrator": _ALL,
    "supervisor": _ALL - {Permission.MANAGE_USERS},
    "reviewer": frozenset(
        {
            Permission.PUBLIC,
            Permission.SIGNED_IN,
            Permission.READ_CALLS,
            Permission.HEAR_RECORDINGS,
            Permission.READ_FIGURES,
            Permission.SEE_KNOWLEDGE,
        }
    ),
    "agent": frozenset(
        {
            Permission.PUBLIC,
            Permission.SIGNED_IN,
            Permission.USE_DESK,
            Permission.SEE_FOLLOW_UPS,
            Permission.SEE_CUSTOMERS,
            Permission.EDIT_CUSTOMERS,
            Permission.SEE_TICKETS,
            Permission.EDIT_TICKETS,
            Permission.SEE_SALES,
            Permission.EDIT_SALES,
            Permission.SEE_KNOWLEDGE,
        }
    ),
}


def allowed(role: str | None, permission: Permission) -> bool:
    """True when `role` (None: nobody is signed in) has `permission`. An unknown role has none but PUBLIC."""
    if permission is Permission.PUBLIC:
        return True
    return next((permission in granted for name, granted in GRANTS.items() if name == role), False)
