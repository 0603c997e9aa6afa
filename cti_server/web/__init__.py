"""HTTP machinery only; what the pages and the API say belongs to the contexts (`pages.py`, `api.py`).

    server.build_app(parts, modules)      modules: anything with `ROUTES`, a tuple of `routes.Route`
        -> headers on every response -> access log -> errors -> who is it (`session`) -> may they (`permissions`)
        -> is the form ours (`csrf`) -> handler -> `render` (HTML) or `problems`/`answers` (JSON)

Deny by default: a Route without a permission stops the server from being built. Handlers read State and publish
Events or perform Commands; they never change State. `live` sends one encoded message to many browsers without
awaiting; who falls behind is told `resync` and gets a fresh snapshot. `schema` describes the API from the same
declarations that serve it. `i18n` holds every text that people read, in English and Simplified Chinese.
"""
