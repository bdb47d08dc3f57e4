"""Where the others will go, steady from cycle to cycle, from nothing but what was seen so far."""

import math

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.predict.choose import MODES, SEEN_LAMPS
from evpilot.predict.follow import COLUMNS, HEED_MAX, KNOTS, TIMES
from evpilot.predict.kernel import Scratch, predict
from evpilot.predict.meet import LANES_OF_ONE
from evpilot.predict.memory import blank, forget_drivers
from evpilot.predict.roads import Roads
from evpilot.predict.routes import STATIONS
from evpilot.types import EgoState, LaneGraph, Lights, Platform, Predictions, Signal, Tracks
from evpilot.types.state import Array, Bytes

DRIVING_LAMPS = int(Signal.LEFT | Signal.RIGHT | Signal.BRAKE)
SEDAN = (4.8, 1.9, 1.4)  # [m] length, width, rear axle to centre, where no platform is given


class Predictor:
    """Up to three ways for each object, map-following, with car-following fitted to each driver.

    A cyclic stage: call `predict` once per planning period [s] with the tracks of that cycle. It holds memory of what
    was seen (filters, driver types, past ways), never of what comes. Unless `fitted`, every driver is taken for the
    average one in every cycle anew. Unless `heeded`, traffic is taken not to brake for us, until it is seen to.
    """

    def __init__(
        self,
        graph: LaneGraph,
        index: LaneIndex,
        period_s: float,
        platform: Platform | None = None,
        *,
        fitted: bool = True,
        heeded: bool = True,
    ) -> None:
        self._roads, self._index, self._period, self._fitted = Roads(graph), index, period_s, fitted
        self._ego_size = SEDAN[:2] if platform is None else (platform.length, platform.width)
        self._rear_to_center = SEDAN[2] if platform is None else platform.rear_to_center
        self._time = np.array(TIMES)
        self._memory = blank(0)
        self._heeds = 0.0 if heeded else -HEED_MAX
        self._memory[6][0] = self._heeds
        self._shown: set[int] = set()
        self._room = -1
        self._scratch: Scratch = self._make_room(32)

    def predict(self, tracks: Tracks, lights: Lights, ego: EgoState) -> Predictions:
        """Predictions (N, 3, 12) for all tracks, in their order; 0 to 8 s from the tracks' time.

        The modes of an object are ordered by probability; an unused one has probability 0 and repeats mode 0.
        """
        count = len(tracks)
        if count > self._room:
            self._scratch = self._make_room(2 * count)
        order = tracks.id.argsort(kind="stable")
        size = np.empty((count + 1, 2))
        size[:count], size[count] = tracks.size[order], self._ego_size
        pose = np.empty((count, MODES, KNOTS, 4))
        cov = np.empty((count, MODES, KNOTS, 2, 2))
        prob = np.zeros((count, MODES))
        memory = blank(count)
        predict(
            tracks.id[order],
            tracks.state[order],
            tracks.velocity[order],
            size,
            tracks.kind[order],
            self._lamps(tracks)[order],
            self._ego_row(ego),
            self._roads.walls(lights),
            self._period,
            self._roads.arrays,
            self._index.arrays,
            self._memory,
            memory,
            self._scratch,
            pose,
            cov,
            prob,
        )
        if not self._fitted:
            forget_drivers(memory, self._heeds)
        self._memory = memory
        if (order[1:] < order[:-1]).any():
            back = order.argsort(kind="stable")
            pose, cov, prob = pose[back], cov[back], prob[back]
        return Predictions(t_ns=tracks.t_ns, track_id=tracks.id, time=self._time, pose=pose, pos_cov=cov, prob=prob)

    def _lamps(self, tracks: Tracks) -> Bytes:
        """The lamps of all tracks (N,), with SEEN_LAMPS for those that have ever shown one: recordings mostly have
        none."""
        self._shown.update(tracks.id[(tracks.signals & DRIVING_LAMPS) > 0].tolist())
        lamps = tracks.signals.copy()
        for row, track in enumerate(tracks.id.tolist()):
            if track in self._shown:
                lamps[row] |= SEEN_LAMPS
        return lamps

    def _ego_row(self, ego: EgoState) -> Array:
        """The ego as a row of `Tracks.state`: its box centre."""
        x, y, z, yaw = ego.pose
        shift = self._rear_to_center
        return np.array(
            [
                x + shift * math.cos(yaw),
                y + shift * math.sin(yaw),
                z,
                yaw,
                ego.velocity[0],
                ego.accel[0],
                ego.yaw_rate,
            ]
        )

    def _make_room(self, count: int) -> Scratch:
        """Working arrays for up to `count` objects and the ego."""
        self._room = count
        rows = count + 1
        return (
            np.zeros((rows, MODES, STATIONS, 6)),
            np.zeros((rows, MODES, COLUMNS)),
            np.zeros((rows, MODES, KNOTS)),
            np.zeros((rows, MODES, KNOTS)),
            np.full(len(self._roads.graph), -1, np.int64),
            np.zeros((rows * LANES_OF_ONE, 3), np.int64),
            np.zeros((rows * LANES_OF_ONE, 3)),
        )
