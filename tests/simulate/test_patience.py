"""The estimate of how long callers wait, held against sums by hand."""

import math

import pytest

from cti_server.simulate.patience import Patience

GAVE_UP, SERVED = True, False


def test_the_product_limit_by_hand() -> None:
    patience = Patience([(10, GAVE_UP), (20, SERVED), (30, GAVE_UP), (30, SERVED), (50, GAVE_UP)])
    assert patience.survival(9.9) == 1.0
    assert patience.survival(10) == pytest.approx(4 / 5)
    assert patience.survival(29) == pytest.approx(4 / 5)
    assert patience.survival(30) == pytest.approx(4 / 5 * 2 / 3)
    assert patience.survival(50) == 0.0


def test_a_caller_who_waited_gives_up_later_than_that() -> None:
    patience = Patience([(10, GAVE_UP), (20, GAVE_UP), (30, GAVE_UP), (40, SERVED)])
    assert patience.draw(1.0, longer_than=0) == 10
    assert patience.draw(0.7, longer_than=0) == 20
    assert patience.draw(0.99, longer_than=10) == 20
    assert patience.draw(0.4, longer_than=10) == 30
    assert patience.draw(0.3, longer_than=10) == math.inf, "one of four was never seen to give up"
    assert patience.draw(0.01, longer_than=30) == math.inf


def test_where_nobody_gave_up_nobody_will() -> None:
    assert Patience([]).draw(0.001, longer_than=0) == math.inf
    assert Patience([(500, SERVED)]).survival(1000) == 1.0
