"""HTML from Jinja2: autoescape always, an undefined name is an error, all texts by key."""

import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from cti_server.settings import Settings
from cti_server.web import csrf, i18n
from cti_server.web.assets import ASSETS
from cti_server.web.permissions import Permission
from cti_server.web.session import LANGUAGE_COOKIE, PERSON, set_cookie, settings_of

_FORM_COOKIE_S = 86_400
_DIALABLE = re.compile(r"\+?[0-9]{2,20}")


class Renderer:
    """`folder`: holds `templates/` and `locales/`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._tables = i18n.load(folder / "locales")
        i18n.add_pauses(self._tables, settings.pause)
        self._settings = settings
        self._jinja = _templates(folder / "templates")

    def words(self, request: web.Request, language: str = "") -> i18n.Words:
        """The texts in `language`, or in this request's: the person's, the cookie's, the browser's, the site's."""
        person, site = request.get(PERSON), self._settings.site
        cookie = request.cookies.get(LANGUAGE_COOKIE, "")
        if not language:
            language = person.language if person else ""
        if not language:
            language = cookie if cookie in i18n.LANGUAGES else ""
        if not language:
            language = i18n.choose(request.headers.get("Accept-Language", ""), site.language)
        return i18n.Words(self._tables, language, site.time_zone)

    def html(self, request: web.Request, template: str, **values: Any) -> str:
        person = request.get(PERSON)
        words = self.words(request)
        return self._jinja.get_template(template).render(
            t=words.text,
            words=words,
            languages=i18n.LANGUAGES,
            person=person,
            may=lambda name: bool(person and person.may(Permission(name))),
            theme=person.theme if person else "auto",
            site=self._settings.site,
            path=request.path,
            csrf=csrf.token(request),
            asset=request.app[ASSETS].url,
            **values,
        )


@cache
def _templates(folder: Path) -> jinja2.Environment:
    """Compiled once in a process, however many servers it has."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["dialable"] = lambda number: bool(_DIALABLE.fullmatch(str(number)))
    return environment


RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")


def render(request: web.Request, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> web.Response:
    """A page. Raises jinja2.UndefinedError for a value that the template needs and did not get."""
    html = request.app[RENDERER].html(request, template, **values)
    response = web.Response(text=html, content_type="text/html", status=status)
    if secret := request.get(csrf.NEW_COOKIE):
        set_cookie(response, settings_of(request), csrf.COOKIE, secret, _FORM_COOKIE_S)
    return response


def words_of(request: web.Request, language: str = "") -> i18n.Words:
    """The texts in `language`, or in that of the request when it is empty."""
    return request.app[RENDERER].words(request, language)


def local_path(value: str) -> str:
    """`value` when it is a path on this site, else `/`: a login must not send people elsewhere."""
    safe = value.startswith("/") and not value.startswith("//") and "\\" not in value and value.isprintable()
    return value if safe else "/"


__all__ = ["RENDERER", "Renderer", "local_path", "render", "settings_of", "words_of"]
