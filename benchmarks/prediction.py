"""How far predictions are off on the recorded scenarios, against constant velocity and constant acceleration.

    python benchmarks/prediction.py [FOLDER] [--every N]

Replays every scenario below FOLDER (default ../shared/data/commonroad), one group per folder, and predicts in each
cycle from what was seen up to it. Printed per group, over all moving vehicles: ADE and FDE [m] at 1, 2, 3 and 5 s for
the likeliest mode, the best of the modes, and both baselines; then how far the likeliest mode jumps from one cycle to
the next at equal absolute times [m], and the CPU time per cycle [ms].
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evpilot.files import EvpilotError
from evpilot.maps.index import LaneIndex
from evpilot.predict.predictor import Predictor
from evpilot.scenarios import Scenario, commonroad
from evpilot.scenarios.scenario import Actor, Behaviour, Motion
from evpilot.types import VEHICLES, EgoState, Lights, ObjectKind, Predictions, Tracks

SPANS = (1.0, 2.0, 3.0, 5.0)  # [s]
NAMES = ("mode 0", "best", "const v", "const a")
SLOW = 0.5  # [m/s] what stands is no test
NOWHERE = 1e6  # [m] the ego is far away: the recording does not know it


@dataclass
class Score:
    """Sums over all predictions of a group; err[span][name] holds (ADE, FDE) pairs."""

    errors: dict[float, list[list[tuple[float, float]]]] = field(
        default_factory=lambda: {t: [[] for _ in NAMES] for t in SPANS}
    )
    jumps: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)


def present(scenario: Scenario, step: int) -> list[tuple[Actor, int]]:
    """The actors that are there in a step, and the row of their motion; by id."""
    found = []
    for actor in scenario.actors:
        row = 0 if actor.behaviour == Behaviour.STATIC else step - actor.first_step
        if 0 <= row < len(actor.motion):
            found.append((actor, row))
    return sorted(found, key=lambda pair: pair[0].id)


def tracks_of(scenario: Scenario, step: int) -> Tracks:
    """What a perfect sensor would report: nothing of the future enters."""
    dt = scenario.dt_ns * 1e-9
    rows = present(scenario, step)
    state, velocity = np.zeros((len(rows), 7)), np.zeros((len(rows), 2))
    for k, (actor, row) in enumerate(rows):
        now = actor.motion[row]
        before = actor.motion[max(row - 1, 0)]
        turn = (now[Motion.YAW] - before[Motion.YAW] + np.pi) % (2 * np.pi) - np.pi
        state[k] = (*now[:4], now[Motion.SPEED], now[Motion.ACCEL], turn / dt)
        yaw, speed = now[Motion.YAW], now[Motion.SPEED]
        velocity[k] = (now[:2] - before[:2]) / dt if row else speed * np.array([np.cos(yaw), np.sin(yaw)])
    return Tracks(
        t_ns=step * scenario.dt_ns,
        id=np.array([actor.id for actor, _ in rows], np.int64),
        kind=np.array([actor.kind for actor, _ in rows], np.uint8),
        state=state,
        velocity=velocity,
        cov=np.zeros((len(rows), 6, 6)),
        size=np.array([(actor.length, actor.width) for actor, _ in rows]).reshape(-1, 2),
        age=np.full(len(rows), step * dt),
        signals=np.zeros(len(rows), np.uint8),
        valid=np.ones(len(rows), np.bool_),
    )


def ego_far_away(t_ns: int) -> EgoState:
    return EgoState(
        t_ns=t_ns,
        pose=np.array([NOWHERE, NOWHERE, 0.0, 0.0]),
        velocity=np.zeros(2),
        accel=np.zeros(2),
        yaw_rate=0.0,
        steering=0.0,
        cov=np.zeros((6, 6)),
    )


def at_times(prediction: Predictions, row: int, mode: int, times: np.ndarray) -> np.ndarray:
    xy = prediction.pose[row, mode, :, :2]
    return np.stack([np.interp(times, prediction.time, xy[:, k]) for k in (0, 1)], axis=1)


def baselines(state: np.ndarray, times: np.ndarray) -> Iterator[np.ndarray]:
    """Straight on at constant speed; straight on at constant acceleration until it stands."""
    x, y, _, yaw, speed, accel, _ = state
    along = np.array([np.cos(yaw), np.sin(yaw)])
    yield np.array([x, y]) + (speed * times)[:, None] * along
    until = np.minimum(times, -speed / accel) if accel < 0.0 else times
    yield np.array([x, y]) + (speed * until + 0.5 * accel * until**2)[:, None] * along


def replay(scenario: Scenario, every: int, score: Score) -> None:
    """Run the predictor through one recording and add its errors to the score."""
    dt = scenario.dt_ns * 1e-9
    predictor = Predictor(scenario.graph, LaneIndex(scenario.graph), dt)
    lights = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))
    last = max((a.first_step + len(a.motion) for a in scenario.actors), default=0)
    before: Predictions | None = None
    for step in range(last):
        tracks = tracks_of(scenario, step)
        start = time.process_time()
        prediction = predictor.predict(tracks, lights, ego_far_away(tracks.t_ns))
        score.ms.append(1e3 * (time.process_time() - start))
        score.objects.append(len(tracks))
        rows = present(scenario, step)
        for k, (actor, row) in enumerate(rows):
            moving = actor.behaviour != Behaviour.STATIC and tracks.state[k, 4] > SLOW
            if not moving or ObjectKind(actor.kind) not in (*VEHICLES, ObjectKind.BICYCLE):
                continue
            if before is not None and tracks.id[k] in before.track_id:
                score.jumps.append(jump(before, prediction, int(tracks.id[k]), k, dt))
            if step % every == 0:
                add_errors(actor.motion[row:], tracks.state[k], prediction, k, dt, score)
        before = prediction


def jump(before: Predictions, now: Predictions, track: int, row: int, dt: float) -> float:
    times = np.arange(0.3, 5.01, 0.3)
    past = int(np.flatnonzero(before.track_id == track)[0])
    return float(np.mean(np.linalg.norm(at_times(before, past, 0, times + dt) - at_times(now, row, 0, times), axis=1)))


def add_errors(
    future: np.ndarray, state: np.ndarray, prediction: Predictions, row: int, dt: float, score: Score
) -> None:
    for span in SPANS:
        count = round(span / dt)
        if len(future) <= count:
            continue
        times = dt * np.arange(1, count + 1)
        truth = future[1 : count + 1, :2]
        guesses = [at_times(prediction, row, m, times) for m in range(prediction.prob.shape[1])]
        off = [np.linalg.norm(guess - truth, axis=1) for guess in guesses]
        best = min(off, key=lambda one: float(np.mean(one)))
        others = [np.linalg.norm(guess - truth, axis=1) for guess in baselines(state, times)]
        for name, one in enumerate((off[0], best, *others)):
            score.errors[span][name].append((float(np.mean(one)), float(one[-1])))


def show(group: str, score: Score) -> None:
    print(
        f"\n{group}: {np.mean(score.objects):.0f} objects, {np.median(score.ms):.2f} ms per cycle"
        f" (p99 {np.percentile(score.ms, 99):.2f}), jump {np.mean(score.jumps):.3f} m"
        f" (p95 {np.percentile(score.jumps, 95):.2f})"
    )
    print(f"{'':10}" + "".join(f"{f'{t:.0f} s ADE / FDE':>20}" for t in SPANS))
    for k, name in enumerate(NAMES):
        cells = [np.mean(score.errors[t][k], axis=0) if score.errors[t][k] else (np.nan, np.nan) for t in SPANS]
        print(f"{name:10}" + "".join(f"{ade:12.2f} / {fde:5.2f}" for ade, fde in cells))
    print(f"{'samples':10}" + "".join(f"{len(score.errors[t][0]):20}" for t in SPANS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="../shared/data/commonroad", type=Path)
    parser.add_argument("--every", default=5, type=int, help="score every N-th cycle")
    parser.add_argument("--stride", default=1, type=int, help="take every N-th file")
    args = parser.parse_args()
    for group in sorted(path for path in args.folder.iterdir() if path.is_dir()):
        score = Score()
        for file in sorted(group.glob("*.xml"))[:: args.stride]:
            try:
                replay(commonroad.read(file), args.every, score)
            except EvpilotError as error:
                print(error)
        if score.jumps:
            show(group.name, score)


if __name__ == "__main__":
    main()
