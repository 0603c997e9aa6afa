"""Logs: one JSON object a line, the call id, and no secret anywhere."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cti_server import logs


@pytest.fixture
def restore() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


@pytest.mark.usefixtures("restore")
def test_json_with_the_call_id_and_unicode() -> None:
    out = io.StringIO()
    logs.setup("INFO", stream=out)
    log = structlog.get_logger()
    with logs.for_call("1700000000.1"):
        log.info("caller arrived", caller_name="王小明")
    log.debug("not shown")
    logging.getLogger("some.library").warning("careful: %s", "x")
    ours, theirs = (json.loads(line) for line in out.getvalue().splitlines())
    assert (ours["event"], ours["call"], ours["level"]) == ("caller arrived", "1700000000.1", "info")
    assert "王小明" in out.getvalue()
    assert (theirs["event"], theirs["level"]) == ("careful: x", "warning")
    assert "call" not in theirs and theirs["time"].endswith("Z")


@pytest.mark.usefixtures("restore")
@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_comes_out_by_name_by_value_or_in_a_traceback(as_json: bool) -> None:
    out = io.StringIO()
    logs.setup("INFO", as_json=as_json, secrets=["s3cr3t-ami", "", "ab"], stream=out)
    log = structlog.get_logger()
    log.info(
        "login with s3cr3t-ami",
        password="p4ss",
        api_key="k3y",
        user="about",
        nested={"token": "t0k", "x": ["s3cr3t-ami"]},
    )
    log.info("database", url="postgresql+psycopg://cti:p4ss@db/cti", raw=b"s3cr3t-ami", thing=ValueError("s3cr3t-ami"))
    try:
        raise RuntimeError("s3cr3t-ami")
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("lib").exception("lib failed with s3cr3t-ami")
    text = out.getvalue()
    for secret in ("s3cr3t", "p4ss", "k3y", "t0k"):
        assert secret not in text
    assert "about" in text and "RuntimeError" in text and "cti:***@db" in text
    if as_json:
        assert len([json.loads(line) for line in text.splitlines()]) == 4
