"""The widening circle (bullseye): whom a queue asks for, depending on how long somebody has waited."""

from math import inf

from cti_server.core.events import QueueConfig, Skills
from cti_server.routing.facts import EVERY_RING


def circle(config: QueueConfig, waited: float, said: Skills) -> tuple[Skills, int, float]:
    """Required skills, the outermost ring, and the waiting time in seconds at which either changes next.

    Before the first step: the queue's own skills and those that the caller's IVR `said`, and the first ring. A step's
    skills take the place of all of them, so that a demand that nobody can fulfil ends somewhere. A later step never
    takes a ring back. Where no step names a further ring, rings keep nobody out.
    """
    required = dict(config.required)
    for name, level in said.items():
        required[name] = max(level, required.get(name, 0))
    ring = 1 if any(step.ring > 1 for step in config.widen) else EVERY_RING
    for step in sorted(config.widen, key=lambda step: step.after_s):
        if step.after_s > waited:
            return required, ring, step.after_s
        ring = max(ring, step.ring)
        if step.required is not None:
            required = step.required
    return required, ring, inf
