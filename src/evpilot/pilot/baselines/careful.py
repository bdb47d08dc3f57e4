"""UN R157's reference drivers at the wheel: on the lane's centre, and only the brake against others.

The rows of `evaluate.reference.models`, once in each tenth of a second, on whoever demands most; and the regulation's
careful driver for cut-ins (Annex 3), at a hundredth.
"""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from evpilot.evaluate.reference.annex3 import DELAY, EVALUATION, PERCEIVED, TTC_GATE, annex3_brake
from evpilot.evaluate.reference.models import CC_TTC, FULL, Memory, Model, demand, fresh, react
from evpilot.maps.reference import ReferencePath
from evpilot.pilot.baselines.ahead import others, place_on
from evpilot.pilot.baselines.idm import HORIZON, IdmPilot, Style
from evpilot.pilot.baselines.motion import STEP
from evpilot.types import FIXED, Briefing, Decision, Observation, Source
from evpilot.types.state import Array


class ModelPilot(IdmPilot):
    """Keeps its speed, and brakes as a reference model does."""

    style: ClassVar[Style] = Style(sees_others=False)
    model: ClassVar[Model] = Model.FSM

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._half = 0.5 * briefing.platform.length
        self._wide = 0.5 * briefing.platform.width
        self._memory = np.zeros(3)
        fresh(int(self.model), self._memory)
        self._seen: dict[int, bool] = {}

    def step(self, observation: Observation) -> Decision:
        """The braking of this row, as the guard's: the models brake to 0.774 g."""
        answer = super().step(observation)
        return answer if answer.trajectory is None else replace(answer, source=Source.GUARD)

    def _motion(self, observation: Observation, path: ReferencePath, s: float, d: float) -> tuple[Array, str]:
        free, reason = super()._motion(observation, path, s, d)
        needed = self._needed(observation, path, s, d)
        speed = max(observation.ego.speed, 0.0)
        after = react(int(self.model), speed, needed, self._memory)
        if needed <= 0.0 and self._memory[Memory.BRAKE] <= 0.0 and self._memory[Memory.WAITED] <= 0.0:
            return free, reason
        return slowing(s, speed, (after - speed) / STEP), "brake" if after < speed else "keep the speed"

    def _needed(self, observation: Observation, path: ReferencePath, s: float, d: float) -> float:
        """The braking [m/s2] that the most demanding of the others asks for."""
        speed, before = max(observation.ego.speed, 0.0), self._memory[Memory.BEFORE]
        accel = (speed - before) / STEP if before >= 0.0 else 0.0
        centre = s + self._briefing.platform.rear_to_center
        most = 0.0
        for number, other in seen(observation):
            at, off = place_on(path, other[0], other[1])
            apart = at - centre
            if apart < 0.0:
                continue
            gap = apart - self._half - 0.5 * other[5]
            aside = off - d
            lateral = abs(aside) - self._wide - 0.5 * other[6]
            coming = -np.sign(aside) * other[4]
            if not self._gated(number, lateral, gap, speed - other[3]):
                continue
            most = max(most, demand(int(self.model), speed, other[3], coming, apart, gap, lateral, accel))
        return most

    def _gated(self, number: int, lateral: float, gap: float, closing: float) -> bool:
        """Whether a model minds somebody at all: cc_jrc only those who cut in with little time left, and whoever was
        ahead in the lane from the beginning."""
        first = self._seen.setdefault(number, lateral <= 0.0)
        if self.model != Model.CC_JRC or first:
            return True
        return lateral <= 0.0 and closing != 0.0 and abs(gap / closing) <= CC_TTC


class FsmPilot(ModelPilot):
    """The fuzzy safety model."""

    model: ClassVar[Model] = Model.FSM


class CcJrcPilot(ModelPilot):
    """The careful and competent driver as the Joint Research Centre runs it."""

    model: ClassVar[Model] = Model.CC_JRC


class RssPilot(ModelPilot):
    """Responsibility-sensitive safety."""

    model: ClassVar[Model] = Model.RSS


class Reg157Pilot(ModelPilot):
    """The regulation's own time to collision."""

    model: ClassVar[Model] = Model.REG157


class CcAnnex3Pilot(ModelPilot):
    """The careful and competent driver of Annex 3: perceives a cut-in 0.375 m from its lane's middle."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._middle: dict[int, float] = {}
        self._began = self._overlapped = np.inf

    def _motion(self, observation: Observation, path: ReferencePath, s: float, d: float) -> tuple[Array, str]:
        free, reason = IdmPilot._motion(self, observation, path, s, d)
        self._perceive(observation, path, s, d)
        now = observation.t_ns * 1e-9 + 0.5 * STEP
        brake = annex3_brake(now - self._began, now - max(self._overlapped, self._began))
        if self._began == np.inf:
            return free, reason
        speed = max(observation.ego.speed, 0.0)
        return slowing(s, speed, -brake), "brake" if brake > 0.0 else "keep the speed"

    def _perceive(self, observation: Observation, path: ReferencePath, s: float, d: float) -> None:
        now = observation.t_ns * 1e-9
        centre = s + self._briefing.platform.rear_to_center
        for number, other in seen(observation):
            at, off = place_on(path, other[0], other[1])
            middle = self._middle.setdefault(number, off)
            gap = at - centre - self._half - 0.5 * other[5]
            closing = max(observation.ego.speed - other[3], 0.0)
            moved = abs(middle - d) - abs(off - d)
            if self._began == np.inf and at > centre and moved > PERCEIVED and gap <= TTC_GATE * closing:
                self._began = now + EVALUATION + DELAY
            if self._overlapped == np.inf and self._began < np.inf and (off - d) * (middle - d) <= 0.0 != middle - d:
                self._overlapped = now


def seen(observation: Observation) -> list[tuple[int, Array]]:
    """Whoever drives our way: its id and x, y, yaw, speed along the road, speed across it (left positive), length,
    width."""
    tracks = observation.tracks
    rows = others(observation)
    if tracks is None:
        return [(k, np.concatenate([row[:4], [0.0], row[4:]])) for k, row in enumerate(rows)]
    drives = ~np.isin(tracks.kind, [int(kind) for kind in FIXED])
    yaw = float(observation.ego.pose[3])
    along = tracks.velocity[:, 0] * np.cos(yaw) + tracks.velocity[:, 1] * np.sin(yaw)
    across = tracks.velocity[:, 1] * np.cos(yaw) - tracks.velocity[:, 0] * np.sin(yaw)
    full = np.column_stack([rows[:, :3], along, across, rows[:, 4:]])
    return [(int(number), row) for number, row in zip(tracks.id[drives], full[drives], strict=True)]


def slowing(s: float, speed: float, accel: float) -> Array:
    """A motion (T, 3) from s [m] at a speed [m/s] with a constant acceleration [m/s2], to a standstill at most."""
    time = STEP * np.arange(round(HORIZON / STEP) + 1, dtype=np.float64)
    pace = np.maximum(speed + accel * time, 0.0)
    way = s + np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) * STEP)])
    pull = np.where(pace > 0.0, max(accel, -FULL - 1.0), 0.0)
    return np.column_stack([way, pace, pull])
