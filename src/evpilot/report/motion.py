"""How the car and the others moved, as columns for the page."""

from typing import Any

import numpy as np

from evpilot.report.columns import Columns
from evpilot.report.sampling import Clock
from evpilot.runlog import Cmd, Ego, Frame, RunLog
from evpilot.types import VEHICLES, ObjectKind, Signal, Spent, State, Store
from evpilot.types.state import Array, Bytes, Ints

CM = 0.01  # [m], and [m/s]
ANGLE = 1e-4  # [rad]
SLOWS = -0.9  # [m/s2] beyond what coasting does: brake lamps light (UN R13-H 5.2.22, from 0.7 to 1.3)
SPENT = {  # what the page shows together
    "drawn": (Spent.DRAWN,),
    "recuperated": (Spent.RECUPERATED,),
    "braked": (Spent.BRAKED,),
    "air": (Spent.AIR,),
    "rolling": (Spent.ROLLING, Spent.CORNERING, Spent.SLIP),
    "grade": (Spent.GRADE,),
    "brakes": (Spent.FRICTION,),
    "drive": (Spent.GEAR, Spent.MOTOR, Spent.BATTERY),
    "auxiliaries": (Spent.AUXILIARY, Spent.CLIMATE),
}
UNSEEN = 32  # joins the `Signal` flags: the pilot was not told of this object


def ego(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any]:
    """The true car on its own clock: box centre, and battery power [W]."""
    rows, car = clock.rows, run.briefing.platform
    fast = run.ego[rows]
    place = clock.centre - clock.origin
    return {
        "dt": clock.fast_dt,
        "n": len(rows),
        "L": car.length,
        "W": car.width,
        "x": columns.add(place[:, 0], CM),
        "y": columns.add(place[:, 1], CM),
        "yaw": columns.add(np.unwrap(fast[:, Ego.YAW]), ANGLE),
        "v": columns.add(fast[:, Ego.SPEED], CM),
        "a": columns.add(fast[:, Ego.ACCEL], CM),
        "steering": columns.add(fast[:, Ego.STEERING], ANGLE),
        "power": columns.add(fast[:, Ego.POWER], 100.0),
        "source": columns.add(run.command[rows, Cmd.SOURCE]),
    }


def spent(run: RunLog, clock: Clock, columns: Columns) -> dict[str, Any] | None:
    """Where the energy went up to each tick [J], and the usable charge; None where the log does not tell."""
    if len(run.spent) != len(run.frames):
        return None
    parts = {name: run.spent[:, list(which)].sum(axis=1) for name, which in SPENT.items()}
    rows = {name: (values, 10.0) for name, values in parts.items()}
    rows["charge"] = (run.store[:, Store.CHARGE], 1e-5)
    out: dict[str, Any] = {}
    for name, (values, unit) in rows.items():
        column = np.full(clock.ticks, np.nan)
        column[clock.tick] = values
        out[name] = columns.add(column, unit)
    return out


def objects(run: RunLog, clock: Clock, columns: Columns) -> list[dict[str, Any]]:
    """Every object that was ever there, from its first tick to its last; a tick without it is missing."""
    tracks = [frame.truth.objects for frame in run.frames]
    ids = np.concatenate([track.id for track in tracks]) if tracks else np.zeros(0, np.int64)
    tick = np.concatenate([np.full(len(t), k) for t, k in zip(tracks, clock.tick, strict=True)]) if tracks else ids
    state = np.concatenate([track.state for track in tracks]) if tracks else np.zeros((0, 7))
    signals = [_shown(frame) for frame in run.frames]
    signal = np.concatenate(signals) if signals else ids
    size = np.concatenate([track.size for track in tracks]) if tracks else np.zeros((0, 2))
    kind = np.concatenate([track.kind for track in tracks]) if tracks else ids
    order = np.argsort(ids, kind="stable")
    cuts = np.flatnonzero(np.diff(ids[order])) + 1
    out: list[dict[str, Any]] = []
    for rows in np.split(order, cuts) if len(order) else []:
        first, here = int(tick[rows[0]]), state[rows]
        at = tick[rows] - first
        n = int(at[-1]) + 1
        out.append(
            {
                "id": int(ids[rows[0]]),
                "kind": ObjectKind(int(kind[rows[-1]])).name.lower(),
                "L": round(float(size[rows[-1], 0]), 2),
                "W": round(float(size[rows[-1], 1]), 2),
                "k0": first,
                "x": columns.add(_spread(here[:, 0] - clock.origin[0], at, n), CM),
                "y": columns.add(_spread(here[:, 1] - clock.origin[1], at, n), CM),
                "yaw": columns.add(_spread(np.unwrap(here[:, 3]), at, n), ANGLE * 10),
                "v": columns.add(_spread(here[:, 4], at, n), CM),
                "signal": columns.add(_spread(signal[rows].astype(np.float64), at, n)),
            }
        )
    return out


def _shown(frame: Frame) -> Bytes:
    """The signals of each object, brake lamps also where it slows (recordings rarely hold lamps), and `UNSEEN` for
    those that are not among the tracks that the pilot was given (nobody is marked under a noisy sensor)."""
    told, objects = frame.observation.tracks, frame.truth.objects
    slows = (objects.state[:, State.ACCEL] < SLOWS) & np.isin(objects.kind, VEHICLES)
    shown = objects.signals | np.where(slows, int(Signal.BRAKE), 0).astype(np.uint8)
    if told is None:
        return shown
    return shown | np.where(np.isin(objects.id, told.id[told.valid]), 0, UNSEEN).astype(np.uint8)


def _spread(values: Array, at: Ints, n: int) -> Array:
    out = np.full(n, np.nan)
    out[at] = values
    return out


def lights(run: RunLog, clock: Clock, columns: Columns) -> list[dict[str, Any]]:
    """Every light of the map with its true state in each tick."""
    graph = run.briefing.graph
    state = np.full((len(graph.light_id), clock.ticks), np.nan)
    for frame, tick in zip(run.frames, clock.tick, strict=True):
        state[frame.truth.lights.index, tick] = frame.truth.lights.state
    return [
        {
            "x": round(float(pose[0] - clock.origin[0]), 2),
            "y": round(float(pose[1] - clock.origin[1]), 2),
            "yaw": round(float(pose[3]), 4),
            "arrow": int(arrow),
            "state": columns.add(row),
        }
        for pose, arrow, row in zip(graph.light_pose, graph.light_arrow, state, strict=True)
        if np.isfinite(row).any()
    ]
