"""Where nothing else is open, few motions do; what a search for all found is carried on for a moment, not longer."""

import numpy as np
import pytest
from driving_scenes import actor, drive, one_lane, scene, touches, walker

from evpilot.plan.columns import Law, Prop
from evpilot.plan.planner import CARRIED, Planner
from evpilot.plan.proposals import LENGTH_MIN, carried_on


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When [s] all motions were looked at, in what is driven from here on."""
    times: list[float] = []
    search = Planner._all

    def noted(self: Planner, ways, now, speed, accel, seconds):
        times.append(seconds)
        return search(self, ways, now, speed, accel, seconds)

    monkeypatch.setattr(Planner, "_all", noted)
    return times


def test_a_stop_behind_a_queue_is_searched_for_once_in_a_while(searched: list[float]) -> None:
    run = drive(scene(one_lane(), actor(1, (70.0, 0.0)), speed=14.0, seconds=10.0))
    assert run.outcome == "time" and abs(run.ego[-1, 4]) < 14.0
    gaps = np.diff(searched)
    assert 5 <= len(searched) <= 50
    assert gaps.max() > 0.25


def test_who_runs_out_is_met_by_a_search_at_once(searched: list[float]) -> None:
    run = drive(scene(one_lane(), walker(1, (66.0, 6.0), (0.0, -2.0), wait=1.0), speed=12.0, seconds=6.0))
    assert any(1.0 <= t <= 2.0 for t in searched) and not touches(run)


def test_what_was_found_among_several_corridors_is_not_carried_on_where_one_is_left() -> None:
    """A car that comes back from a detour round a wreck has one corridor again, and its choice was on the second."""
    run = drive(scene(one_lane(), actor(1, (70.0, -1.6)), speed=10.0, seconds=14.0))
    assert run.outcome in ("time", "goal") and all(not frame.fault for frame in run.frames)


def test_nothing_is_carried_on_for_longer_than_a_moment() -> None:
    assert CARRIED < 0.5


def test_a_motion_goes_on_where_it_was_with_its_neighbours() -> None:
    prop = np.zeros(len(Prop))
    prop[[Prop.OFFSET, Prop.LENGTH, Prop.LAW, Prop.P0, Prop.P1]] = 0.4, 20.0, Law.RAMP, -1.5, 4.0
    rows = carried_on(prop, 10.0, 0.1)
    assert rows[0, [Prop.OFFSET, Prop.LENGTH, Prop.P0, Prop.P1]] == pytest.approx([0.4, 19.0, -1.5, 3.9])
    assert len(rows) > 5 and np.ptp(rows[:, Prop.OFFSET]) > 0.3 and np.ptp(rows[:, Prop.P0]) > 0.5
    assert rows[:, Prop.LENGTH].min() > 0.0
    prop[Prop.LENGTH] = LENGTH_MIN
    assert carried_on(prop, 10.0, 0.1)[0, Prop.LENGTH] == LENGTH_MIN
    prop[Prop.LAW] = Law.ARRIVE
    assert not len(carried_on(prop, 10.0, 0.1))
