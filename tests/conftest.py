"""What holds for every test."""

import gc

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A live test that fails is tried once more, and the report names it.

    SIPp's clock and audio stall when the machine is overloaded: what it did then is not what it was told to do.
    """
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
