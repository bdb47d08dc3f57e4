"""Who has priority and brakes hard may let go of the brake again: what is his stays his until he is slow."""

from dataclasses import dataclass, field

import numpy as np

from evpilot.plan.entries import Entries
from evpilot.types import State, Tracks
from evpilot.types.state import Array, Ints

HARD, SLOW = 3.0, 3.0  # [m/s2] of braking that seldom ends where it would lead to, [m/s] of who will stop
LASTS = 3.0  # [s] whatever he stops for holds him by then
ACCEL, SPEED = int(State.ACCEL), int(State.SPEED)
BEGIN, WHO = 3, 6  # columns of zones, see `cost.yielding.zone_cost`
Told = tuple[Array, Ints, Ints]  # zones (K, 8), of whom (K,), and when they were found (K,) [ns]


@dataclass(slots=True)
class Doubt:
    """Remembers the zones of the last cycle, by what tells their corridor from others."""

    _told: dict[bytes, Told] = field(init=False, default_factory=dict[bytes, Told])

    def kept(self, zones: list[tuple[bytes, Array]], entries: Entries, tracks: Tracks) -> list[Array]:
        """The zones (K, 8) of each corridor, given with its key, and beside them those that were there before of who
        brakes hard since, and so is expected later or not at all: he may come as early as was expected then."""
        told, self._told = self._told, {}
        brakes = _who_brakes(tracks)
        ids, out = tracks.id[entries.track], list[Array]()
        for c, (key, found) in enumerate(zones):
            who, when = ids[found[:, WHO].astype(np.int64)], np.full(len(found), tracks.t_ns)
            self._told[key] = found.copy(), who, when
            if brakes and key in told:
                old, whose, since = _still(told[key], brakes, c, ids, tracks.t_ns)
                new = ~np.isin(who, whose)
                self._told[key] = (
                    np.concatenate([found[new], old]), np.append(who[new], whose), np.append(when[new], since)
                )  # fmt: skip
                old[:, BEGIN] -= (tracks.t_ns - since) * 1e-9
                found = np.concatenate([found, old])
            out.append(found)
        return out


def _who_brakes(tracks: Tracks) -> set[int]:
    """The ids of those who brake hard and are not slow yet."""
    brakes = (tracks.state[:, ACCEL] < -HARD) & (tracks.state[:, SPEED] > SLOW) & tracks.valid
    return set(tracks.id[brakes].tolist()) if brakes.any() else set()


def _still(told: Told, brakes: set[int], c: int, ids: Ints, t_ns: int) -> Told:
    """Those told of that count on corridor c: of who brakes, and is among the entries of these ids (E,)."""
    zones, who, when = told
    places = [int(np.argmax(ids == one)) if one in brakes and one in ids else -1 for one in who.tolist()]
    keep = (np.array(places, np.int64) >= 0) & (t_ns - when < LASTS * 1e9)
    zones = zones[keep]
    zones[:, 0], zones[:, WHO] = c, np.array(places, np.int64)[keep]
    return zones, who[keep], when[keep]
