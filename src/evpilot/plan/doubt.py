"""Who has priority and brakes hard may let go of the brake again: what is his stays his until he is slow."""

from dataclasses import dataclass, field

import numpy as np

from evpilot.plan.entries import Entries
from evpilot.types import State, Tracks
from evpilot.types.state import Array, Ints

HARD, SLOW = 3.0, 3.0  # [m/s2] of braking that seldom ends where it would lead to, [m/s] of who will stop
LASTS = 3.0  # [s] whatever he stops for holds him by then
BEGIN, WHO = 3, 6  # columns of zones, see `cost.yielding.zone_cost`
Told = tuple[Array, Ints, Ints]  # zones (K, 8), of whom (K,), and when they were found (K,) [ns]


@dataclass(slots=True)
class Doubt:
    """Remembers the zones of the last cycle, by the lanes of their corridor."""

    _told: dict[bytes, Told] = field(init=False, default_factory=dict[bytes, Told])

    def kept(self, zones: list[tuple[bytes, Array]], entries: Entries, tracks: Tracks) -> list[Array]:
        """The zones (K, 8) of each corridor, given with its lanes, and those that were there a moment ago of who brakes
        hard since, and so is not expected to come any more: he comes as early as was expected then."""
        told, self._told = self._told, {}
        ids, out = tracks.id[entries.track], list[Array]()
        for c, (lanes, found) in enumerate(zones):
            who = ids[found[:, WHO].astype(np.int64)]
            old, whose, when = _still(told[lanes], who, c, ids, tracks) if lanes in told else _nothing()
            earlier = old.copy()
            earlier[:, BEGIN] -= (tracks.t_ns - when) * 1e-9
            out.append(np.concatenate([found, earlier]))
            now = np.full(len(found), tracks.t_ns)
            self._told[lanes] = np.concatenate([found, old]), np.append(who, whose), np.append(now, when)
        return out


def _nothing() -> Told:
    return np.zeros((0, 8)), np.zeros(0, np.int64), np.zeros(0, np.int64)


def _still(told: Told, now: Ints, c: int, ids: Ints, tracks: Tracks) -> Told:
    """Those told of that count on corridor c: of nobody who has zones now (K,), but of who brakes hard. ids (E,) of the
    entries."""
    zones, who, when = told
    brakes = (tracks.state[:, State.ACCEL] < -HARD) & (tracks.state[:, State.SPEED] > SLOW) & tracks.valid
    keep = ~np.isin(who, now) & np.isin(who, tracks.id[brakes]) & np.isin(who, ids)
    keep &= tracks.t_ns - when < LASTS * 1e9
    if not keep.any():
        return _nothing()
    zones, who, when = zones[keep], who[keep], when[keep]
    zones[:, 0], zones[:, WHO] = c, [int(np.argmax(ids == one)) for one in who]
    return zones, who, when
