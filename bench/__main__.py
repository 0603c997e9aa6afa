"""`python -m bench [NAME ...]`: run the measurements of these names, or all; `--list` says what there is."""

import sys
from importlib import import_module

ENTRIES = {
    "choosing": "who gets the call: decisions per CPU second with 10 to 100,000 agents, beside a look at everybody",
    "lists": "pages of customers, tickets and orders by key beside OFFSET, and searches, on both databases",
    "router_live": "on real Asterisks, from the wire: queued to the agent's INVITE, agent free to the next one's",
}


def main(names: list[str]) -> int:
    if names == ["--list"]:
        for name, what in ENTRIES.items():
            print(f"{name:12} {what}")
        return 0
    if unknown := [name for name in names if name not in ENTRIES]:
        print(f"There is no {', '.join(unknown)}; there are {', '.join(ENTRIES)}.", file=sys.stderr)
        return 2
    for name in names or ENTRIES:
        print(f"\n{name}: {ENTRIES[name]}\n", flush=True)
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
