"""One strategy per file: `score(facts, at) -> float`, the highest wins. `longest_idle.py` is the one to copy."""
