"""Bad inputs by name: evpilot refuses the message, the loop stops the car along the last verified tail, says why, and
the drive can be judged."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from driving_scenes import CAR, actor, scene, two_lanes

from evpilot.evaluate import judge
from evpilot.pilot import EvPilot
from evpilot.runlog import Cmd, Ego
from evpilot.simulate.loop import simulate
from evpilot.types import Briefing, Decision, Observation, Source, Tracks

FIRST = 8  # tick of the first bad message
HOUR_NS = 3_600_000_000_000


def told(observation: Observation, **changes: object) -> Observation:
    assert observation.tracks is not None
    return dataclasses.replace(observation, tracks=dataclasses.replace(observation.tracks, **changes))  # type: ignore[arg-type]


def tracks_of(observation: Observation) -> Tracks:
    assert observation.tracks is not None
    return observation.tracks


def ego_with(observation: Observation, **changes: object) -> Observation:
    return dataclasses.replace(observation, ego=dataclasses.replace(observation.ego, **changes))  # type: ignore[arg-type]


def fast(observation: Observation) -> Observation:
    state = tracks_of(observation).state.copy()
    state[0, 4] = 500.0
    return told(observation, state=state)


def far(observation: Observation) -> Observation:
    return ego_with(observation, pose=observation.ego.pose + np.array([1e8, 0.0, 0.0, 0.0]))


BAD: dict[str, tuple[Callable[[Observation], Observation], str]] = {
    "a place that is no number": (lambda o: ego_with(o, pose=o.ego.pose * np.nan), "EgoState.pose"),
    "float32 UTM or worse": (far, "EgoState.pose"),
    "an endless speed": (lambda o: ego_with(o, velocity=np.array([np.inf, 0.0])), "EgoState.velocity"),
    "degrees for radians": (lambda o: ego_with(o, pose=np.array([20.0, 0.0, 0.0, 90.0])), "EgoState.pose"),
    "the same id twice": (lambda o: told(o, id=np.zeros_like(tracks_of(o).id)), "appears more than once"),
    "a size of nothing": (lambda o: told(o, size=tracks_of(o).size * 0.0), "Tracks.size"),
    "a size below nothing": (lambda o: told(o, size=-tracks_of(o).size), "Tracks.size"),
    "500 m/s": (fast, "Tracks.state"),
    "tracks of an hour ago": (lambda o: told(o, t_ns=o.t_ns - HOUR_NS), "Observation.tracks"),
    "tracks of the next hour": (lambda o: told(o, t_ns=o.t_ns + HOUR_NS), "Observation.tracks"),
    "a column too few": (lambda o: told(o, state=tracks_of(o).state[:, :6].copy()), "shape"),
    "a friction below nothing": (lambda o: dataclasses.replace(o, friction=-0.1), "friction"),
}


class Misled:
    """evpilot, whose messages are spoiled from a tick on."""

    def __init__(self, briefing: Briefing, spoil: Callable[[Observation], Observation]) -> None:
        self._pilot, self._spoil, self._ticks = EvPilot(briefing), spoil, 0

    def step(self, observation: Observation) -> Decision:
        self._ticks += 1
        return self._pilot.step(self._spoil(observation) if self._ticks > FIRST else observation)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_ends_in_a_stop_that_says_why(name: str) -> None:
    spoil, message = BAD[name]
    world = scene(two_lanes(), actor(1, (60.0, 0.0), (8.0, 0.0)), actor(2, (30.0, 3.5), (8.0, 0.0)))
    run = simulate(world, lambda briefing: Misled(briefing, spoil), platform=CAR)
    assert run.outcome == "stopped"
    assert not any(frame.fault for frame in run.frames[:FIRST])
    assert message in run.frames[FIRST].fault
    after = run.t_ns > run.frames[FIRST].t_ns
    assert np.all(run.command[after, Cmd.SOURCE] == Source.TAIL)
    assert run.ego[-1, Ego.SPEED] == pytest.approx(0.0, abs=0.01)
    assert np.abs(run.ego[:, Ego.Y]).max() < 1.0
    verdict = judge(run)
    assert not verdict.at_fault and not verdict.row()["goal_reached"]
