"""The pilot as a whole: it knows no future, repeats itself to the bit, refuses what is no number, lives with noise."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from driving_scenes import (
    CAR,
    actor,
    centre,
    drive,
    faults,
    front,
    lane_with_light,
    light,
    one_lane,
    reasons,
    scene,
    touches,
    two_lanes,
    walker,
)

from evpilot import runlog
from evpilot.files import EvpilotError
from evpilot.pilot import EvPilot
from evpilot.runlog import RunLog
from evpilot.runlog.reduction import AGENTS_MAX, PROPOSALS_MAX
from evpilot.scenarios import Actor, Behaviour, LightProgram, Scenario, load
from evpilot.sense.objects import NOISY, OCCLUDED, PERFECT
from evpilot.simulate.loop import simulate
from evpilot.types import VERDICT, Decision, LightState, ObjectKind
from evpilot.vehicle import platforms

SPEED = 4
CHANGE = 31  # the step after which everything recorded is different


def traffic() -> tuple[Actor, ...]:
    """Recorded traffic of some variety: a lead, one beside, one who cuts in, a walker."""
    cut = actor(3, (60.0, 3.5), (8.0, -0.45), seconds=8.0)
    return (
        actor(1, (55.0, 0.0), (7.0, 0.0), seconds=8.0),
        actor(2, (12.0, 3.5), (9.0, 0.0), seconds=8.0),
        dataclasses.replace(cut, length=5.0),
        walker(4, (110.0, -4.0), (0.0, 1.0)),
    )


def altered(one: Actor, rng: np.random.Generator) -> Actor:
    """The same until step `CHANGE`, then somewhere else, as fast as you like, with other lamps."""
    motion, signals = one.motion.copy(), one.signals.copy()
    later = max(CHANGE - one.first_step + 1, 0)
    count = len(motion[later:])
    motion[later:, :2] += rng.uniform(-40.0, 40.0, (count, 2))
    motion[later:, 3] = rng.uniform(-3.0, 3.0, count)
    motion[later:, SPEED] = rng.uniform(0.0, 20.0, count)
    motion[later:, 5] = rng.uniform(-3.0, 3.0, count)
    signals[later:] = rng.integers(0, 16, count)
    return dataclasses.replace(one, motion=motion, signals=signals)


def recorded(scenario: Scenario) -> Scenario:
    """All that moves does so as recorded, whatever it could do else."""
    actors = [a if len(a.motion) == 1 else dataclasses.replace(a, behaviour=Behaviour.REPLAY) for a in scenario.actors]
    return dataclasses.replace(scenario, actors=tuple(actors))


def flat(value: object) -> list[object]:
    """All that a record holds, arrays as bytes: equal lists are equal to the bit."""
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, value.tobytes()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [item for field in dataclasses.fields(value) for item in flat(getattr(value, field.name))]
    return [repr(value)]


def decisions(run: RunLog) -> list[tuple[int, list[object]]]:
    found: list[tuple[int, Decision]] = [(f.t_ns, f.decision) for f in run.frames if f.decision is not None]
    return [(t, flat(decision)) for t, decision in found]


def check_causal(scenario: Scenario, other: Scenario, until_ns: int, **rest: object) -> None:
    one, two = decisions(drive(scenario, **rest)), decisions(drive(other, **rest))  # type: ignore[arg-type]
    same = [k for k, (t, _) in enumerate(one) if t <= until_ns]
    assert len(same) > 5
    for k in same:
        assert one[k] == two[k], f"the decision at {one[k][0] * 1e-9:.1f} s knows what comes after {until_ns * 1e-9} s"
    assert [d for _, d in one] != [d for _, d in two], "the change was never seen: the test shows nothing"


@pytest.mark.parametrize("sensor", [PERFECT, NOISY], ids=["perfect", "noisy"])
def test_no_decision_knows_the_future(sensor) -> None:
    world = scene(two_lanes(), *traffic(), seconds=6.0)
    rng = np.random.default_rng(1)
    other = dataclasses.replace(world, actors=tuple(altered(one, rng) for one in world.actors))
    check_causal(world, other, CHANGE * world.dt_ns, sensor=sensor)


def test_no_decision_knows_who_will_appear_or_vanish() -> None:
    world = scene(two_lanes(), *traffic(), seconds=6.0)
    shorter = [
        dataclasses.replace(a, motion=a.motion[: CHANGE + 1], signals=a.signals[: CHANGE + 1]) for a in world.actors[:3]
    ]
    late = actor(9, (90.0, 0.0), (1.0, 0.0), seconds=3.0)
    newcomer = dataclasses.replace(late, first_step=CHANGE + 1)
    other = dataclasses.replace(world, actors=(*shorter, world.actors[3], newcomer))
    check_causal(world, other, CHANGE * world.dt_ns)


def test_no_decision_knows_the_light_phases_to_come() -> None:
    graph = lane_with_light(120.0)
    soon = scene(graph, lights=(light(LightState.GREEN, 3.05, LightState.RED),), seconds=6.0)
    never = dataclasses.replace(soon, lights=(LightProgram(light=0, states=(LightState.GREEN,), durations=(1e3,)),))
    check_causal(soon, never, 3_000_000_000)


@pytest.mark.data
@pytest.mark.parametrize("name", ["USA_US101-12_1_T-1", "DEU_Guetersloh-54_1_T-1"])
def test_no_decision_on_a_recorded_file_knows_the_future(data_dir: Path, name: str) -> None:
    files = sorted((data_dir / "commonroad").rglob(f"{name}.xml"))
    world = recorded(load(str(files[0])))
    rng = np.random.default_rng(2)
    step = min(CHANGE, world.last_step // 2)
    moving = [a if len(a.motion) == 1 else altered_after(a, step, rng) for a in world.actors]
    other = dataclasses.replace(world, actors=tuple(moving))
    check_causal(world, other, step * world.dt_ns, limits=VERDICT, platform=platforms.load("bmw320i"))


def altered_after(one: Actor, step: int, rng: np.random.Generator) -> Actor:
    """The recording, shifted by metres and slowed or sped up from the step after `step` on."""
    motion = one.motion.copy()
    later = max(step - one.first_step + 1, 0)
    motion[later:, :2] += rng.uniform(-6.0, 6.0, (len(motion[later:]), 2))
    motion[later:, SPEED] *= rng.uniform(0.0, 2.0)
    return dataclasses.replace(one, motion=motion)


def digest(sensor: str) -> str:
    """The hash of one drive among traffic."""
    config = {"perfect": PERFECT, "noisy": NOISY}[sensor]
    return runlog.sha256(drive(scene(two_lanes(), *traffic(), seconds=4.0), sensor=config, seed=5))


@pytest.mark.parametrize("sensor", ["perfect", "noisy"])
def test_the_same_drive_in_another_process_has_the_same_hash(sensor: str) -> None:
    here = Path(__file__)
    code = (
        f"import sys, importlib.util; sys.path.insert(0, {str(here.parents[1] / 'plan')!r})\n"
        f"spec = importlib.util.spec_from_file_location('made', {str(here)!r})\n"
        "made = importlib.util.module_from_spec(spec); spec.loader.exec_module(made)\n"
        f"print(made.digest({sensor!r}))"
    )
    # another seed for str hashes: no order of a set may matter
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )  # fmt: skip
    assert answer.stdout.strip() == digest(sensor)


def test_another_pilot_in_the_same_process_changes_nothing() -> None:
    world = scene(two_lanes(), *traffic(), seconds=3.0)
    first = runlog.sha256(drive(world))
    drive(scene(one_lane(), walker(1, (60.0, 0.0), (0.0, 0.1)), seconds=3.0))
    assert runlog.sha256(drive(world)) == first


def test_a_seed_changes_what_a_noisy_sensor_shows() -> None:
    world = scene(two_lanes(), *traffic(), seconds=1.0)
    assert runlog.sha256(drive(world, sensor=NOISY, seed=1)) != runlog.sha256(drive(world, sensor=NOISY, seed=2))


def first_observation():
    run = drive(scene(two_lanes(), *traffic(), seconds=0.5))
    return run.briefing, run.frames[0].observation


@pytest.mark.parametrize(
    "where", ["ego.pose", "ego.velocity", "ego.steering", "tracks.state", "tracks.size", "friction"]
)
def test_an_observation_with_a_nan_is_refused(where: str) -> None:
    briefing, observation = first_observation()
    part, _, field = where.rpartition(".")
    holder = getattr(observation, part) if part else observation
    value = getattr(holder, field)
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flat[0] = np.nan
    else:
        value = float("nan")
    broken = dataclasses.replace(holder, **{field: value})
    if part:
        broken = dataclasses.replace(observation, **{part: broken})
    with pytest.raises(EvpilotError, match=field):
        EvPilot(briefing).step(broken)


def test_after_a_refused_observation_the_pilot_goes_on() -> None:
    briefing, observation = first_observation()
    pilot = EvPilot(briefing)
    with pytest.raises(EvpilotError):
        pilot.step(dataclasses.replace(observation, friction=float("nan")))
    pilot.step(observation).validate()


def test_every_decision_is_sound_and_says_why() -> None:
    run = drive(scene(two_lanes(), *traffic(), seconds=6.0))
    assert not faults(run)
    for frame in run.frames[:-1]:
        assert frame.decision is not None and frame.decision.trace is not None
        frame.decision.validate()
        assert frame.decision.trace.reason
        assert frame.decision.trace.counts.sum() > 50
        assert frame.decision.predictions is not None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_a_noisy_sensor_it_follows_without_contact(seed: int) -> None:
    run = drive(scene(one_lane(), actor(1, (50.0, 0.0), (5.0, 0.0))), sensor=NOISY, seed=seed)
    assert not touches(run) and not faults(run)
    lead_rear = 50.0 + 5.0 * run.t_ns * 1e-9 - 2.25
    assert (lead_rear - front(run)).min() > 1.5
    assert run.ego[-1, SPEED] == pytest.approx(5.0, abs=1.5)


@pytest.mark.parametrize("seed", [0, 1])
def test_with_a_noisy_sensor_it_passes_a_parked_car_and_stops_for_a_walker(seed: int) -> None:
    others = actor(1, (70.0, -2.1), kind=ObjectKind.PARKED), walker(2, (130.0, 0.0), (0.0, 0.01))
    run = drive(scene(one_lane(), *others, seconds=20.0), sensor=NOISY, seed=seed)
    assert not touches(run)
    assert front(run)[-1] < 130.0
    assert front(run)[-1] > 75.0


def test_with_a_noisy_sensor_it_leaves_a_blocked_lane() -> None:
    run = drive(scene(two_lanes(), actor(1, (100.0, 0.0))), sensor=NOISY, seed=3)
    assert not touches(run)
    assert centre(run)[-1, 0] > 130.0


def test_who_is_hidden_is_not_known() -> None:
    van = actor(1, (60.0, -3.2), size=(6.0, 2.2), kind=ObjectKind.TRUCK)
    child = walker(2, (66.0, -3.8), (0.0, 0.01))
    run = drive(scene(one_lane(), van, child, seconds=1.0), sensor=OCCLUDED)
    first = run.frames[0].observation
    assert first.tracks is not None and 2 not in first.tracks.id
    assert "2" not in "".join(reasons(run))


def test_the_planner_may_believe_in_another_car() -> None:
    world = scene(one_lane(), actor(1, (60.0, 0.0), (6.0, 0.0)), seconds=8.0)
    run = simulate(world, EvPilot, platform=platforms.load("su7"), planner_platform=CAR)
    assert not touches(run, platforms.load("su7")) and not faults(run)


def test_a_long_drive_holds_only_what_is_recorded_of_it() -> None:
    """Twenty minutes among a hundred cars must fit into a laptop's memory."""
    crowd = [actor(k, (60.0 + 8.0 * k, 3.5), (6.0, 0.0)) for k in range(1, 31)]
    run = drive(scene(two_lanes(), *crowd, seconds=1.0))
    decision = run.frames[3].decision
    assert decision is not None and decision.predictions is not None and decision.trace is not None
    assert len(run.frames[3].truth.objects.id) == 30
    assert len(decision.predictions.track_id) == AGENTS_MAX
    assert len(decision.trace.cost) <= PROPOSALS_MAX
