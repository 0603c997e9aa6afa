"""Telephone numbers that are nobody's, or clearly made up. Pure.

Great Britain and North America keep numbers for fiction: 07700 900000 to 900999 (Ofcom, numbers for drama use) and
555-0100 to 555-0199 in each area code (NANPA, 555 line numbers). China keeps none: fixed lines here begin with 0 behind
the area code, which no subscriber's number does; mobiles have 0000 in their middle, for everybody to see.
"""

MOBILES = ("138", "139", "136", "137", "135", "186", "189", "150", "158", "188")
_CUSTOMERS = 8000
"""Mobiles of customers end in less than this, those of strangers in this or more."""
_AREAS = ("010", "021", "020", "0755", "0571", "0512", "022", "028")
_AMERICAN = ("202", "212", "303", "312", "404", "415", "503", "617", "702", "808")


def mobile(index: int) -> str:
    """Of the customer `index`, as it is dialled at home: each another one below 80,000."""
    return f"{MOBILES[index % len(MOBILES)]}0000{index // len(MOBILES) % _CUSTOMERS:04}"


def stranger(draw: int) -> str:
    """Of somebody who is no customer. `draw`: any number from 0 on."""
    return f"{MOBILES[draw % len(MOBILES)]}0000{_CUSTOMERS + draw // len(MOBILES) % 2000:04}"


def fixed(index: int) -> str:
    """Of an office in China, with its area code."""
    area = _AREAS[index % len(_AREAS)]
    return f"{area}-0{index // len(_AREAS) % 1000:03} {index * 37 % 10_000:04}"


def british(index: int) -> str:
    return f"+44 7700 900{index % 1000:03}"


def american(index: int) -> str:
    return f"+1 {_AMERICAN[index % len(_AMERICAN)]} 555 01{index // len(_AMERICAN) % 100:02}"
