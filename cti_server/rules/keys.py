"""What the pages of rules reach through `request.app`."""

from aiohttp import web

from cti_server.rules.subject import Subject

SUBJECTS: web.AppKey[tuple[Subject, ...]] = web.AppKey("rule subjects")
"""What rules may be about: what each context declares, wired in `app.py`."""


def subjects_of(request: web.Request) -> dict[str, Subject]:
    return {subject.name: subject for subject in request.app.get(SUBJECTS, ())}
