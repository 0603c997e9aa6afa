"""Choose the language by a key."""

from cti_server.ivr.call import ALL_KEYS, LANGUAGES, Call, take_ahead


async def choose_language(call: Call, keys: dict[str, str] | None = None, *, timeout_s: float = 3.0) -> str:
    """Offer each language in itself and return the one chosen; no key or another one leaves it as it was.

    `keys`: key -> language, by default 1 for English and 2 for Mandarin. The offer in the language of the dialled
    number comes first.
    """
    keys = keys or {"1": "en", "2": "zh"}
    before, key = call.language, take_ahead(call)
    for language in sorted(LANGUAGES, key=lambda each: each != before):
        if not key:
            call.language = language
            key = await call.sound(["language-choice"], ALL_KEYS)
    call.language = before
    key = key or await call.key(timeout_s)
    if key in keys:
        call.language = keys[key]
        call.keep("language", call.language)
    elif key:
        call.ahead = key + call.ahead
    call.step("language", "language-choice", call.language)
    return call.language
