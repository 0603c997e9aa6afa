"""Call scripts: what an agent says and asks, step by step, with branches; the answers are kept with the call."""
