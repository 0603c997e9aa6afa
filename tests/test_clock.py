"""The steady clock: what an operator does to the machine's time does not make waits longer or shorter."""

import pytest

from cti_server.clock import SLEW, SteadyClock


class Machine:
    def __init__(self) -> None:
        self.wall, self.elapsed = 1_700_000_000.0, 50.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.elapsed)

    def pass_time(self, seconds: float) -> float:
        """How much later it is by the steady clock after `seconds` of real time."""
        before = self.clock.now()
        self.wall += seconds
        self.elapsed += seconds
        return self.clock.now() - before


def test_it_shows_the_time_of_day() -> None:
    machine = Machine()
    assert machine.pass_time(10) == pytest.approx(10)
    assert machine.clock.now() == pytest.approx(machine.wall)


@pytest.mark.parametrize("step", [3600.0, -3600.0, 86400.0, -20.0])
def test_a_clock_that_is_set_changes_no_length_of_time_by_more_than_a_twentieth(step: float) -> None:
    machine = Machine()
    machine.wall += step
    for _ in range(100):
        assert machine.pass_time(1.0) == pytest.approx(1.0, abs=SLEW + 1e-6)
    off = machine.wall - machine.clock.now()
    assert abs(off) < abs(step)
    assert machine.clock.on_the_wall(machine.clock.now() + 3) == pytest.approx(machine.wall + 3)


def test_it_arrives_at_the_time_that_was_set() -> None:
    machine = Machine()
    machine.wall += 30.0
    machine.pass_time(0.0)
    for _ in range(40):
        machine.pass_time(20.0)
    assert machine.clock.now() == pytest.approx(machine.wall)


def test_a_trimmed_clock_is_followed_and_never_goes_back() -> None:
    machine = Machine()
    seen = [machine.clock.now()]
    for trim in (0.4, -0.4, -0.9, 0.2):
        machine.wall += trim
        seen.append(seen[-1] + machine.pass_time(0.1))
    assert seen == sorted(seen)
    machine.pass_time(5)
    assert machine.clock.now() == pytest.approx(machine.wall)


def test_time_passes_while_the_machine_is_suspended() -> None:
    machine = Machine()
    assert machine.pass_time(7200.0) == pytest.approx(7200.0)
