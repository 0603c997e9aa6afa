from cti_server.web.throttle import Throttle

KEY = ("anna", "10.0.0.1")


def test_five_failures_then_a_wait_until_the_first_is_old() -> None:
    throttle = Throttle(limit=5, window_s=300)
    for at in range(5):
        assert throttle.wait_s(KEY, at) == 0
        throttle.failed(KEY, at)
    assert throttle.wait_s(KEY, 10) == 290
    assert throttle.wait_s(("anna", "10.0.0.2"), 10) == 0
    assert throttle.wait_s(("bob", "10.0.0.1"), 10) == 0
    assert throttle.wait_s(KEY, 300) == 0


def test_a_success_clears_and_the_memory_is_bounded() -> None:
    throttle = Throttle(limit=2, window_s=300, size=3)
    throttle.failed(KEY, 1)
    throttle.failed(KEY, 2)
    assert throttle.wait_s(KEY, 3) > 0
    throttle.succeeded(KEY)
    assert throttle.wait_s(KEY, 3) == 0
    throttle.failed(KEY, 4)
    throttle.failed(KEY, 4)
    for number in range(3):
        throttle.failed(("other", str(number)), 5)
    assert throttle.wait_s(KEY, 6) == 0
