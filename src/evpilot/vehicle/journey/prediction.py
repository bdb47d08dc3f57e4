"""What a route will take, and how sure that is.

Each uncertain quantity is moved one standard deviation's worth up and down; what that changes is propagated to first
order, and its curvature to the mean (the unscented transform's points; Julier and Uhlmann 2004). Chance that strikes
each kilometre and each light anew is added, and what wanders along the way. No random number is drawn: the same
question has the same answer.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from evpilot.files import EvpilotError
from evpilot.geometry.jit import kernel
from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.dynamics import parameters
from evpilot.vehicle.journey.motion import Passed, Piece, travel
from evpilot.vehicle.journey.pieces import ACCEL, BRAKE, USUAL, World, pieces_of
from evpilot.vehicle.journey.route import GRIP, Route
from evpilot.vehicle.journey.spreads import LASTING, SHARE_PER_KM, SPREADS, WANDERING
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import COLDEST, HOTTEST, MILD, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of
from evpilot.vehicle.powertrain.packing import Packed, packed

CURVED = ("wind", "temperature", "pace", "vigour")  # what does not act in proportion
REACH = math.sqrt(3.0)  # [standard deviations] where the points lie
MIDDLE = 0.5  # usable charge below which the battery's losses are taken as they are there
Z90 = 1.645  # standard deviations to either side that hold 90 % of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """What a route takes until each leg's end, as expected (L + 1,), the first row being the start.

    ends [m]; time [s]; drawn [J] at the battery's terminals; inside [J] from inside of it, its own losses included.
    deviation (F, L + 1) and wandering (W, L + 1) [J]: what one standard deviation of each of LASTING and of WANDERING
    changes of inside, if it stays; struck (S, L + 1) [J2]: the variance of each of STRIKING.
    """

    ends: Array
    time: Array
    drawn: Array
    inside: Array
    deviation: Array
    wandering: Array
    struck: Array
    pace: float

    def until(self, values: Array, place: float) -> Array:
        """A column (L + 1,), or rows of them, at a place [m] on the route."""
        k = int(np.clip(np.searchsorted(self.ends, place, side="right") - 1, 0, len(self.ends) - 2))
        share = min(max((place - self.ends[k]) / (self.ends[k + 1] - self.ends[k]), 0.0), 1.0)
        return values[..., k] + share * (values[..., k + 1] - values[..., k])

    def chances(self, first: float, last: float) -> Array:
        """Variance (W + S,) [J2] by WANDERING and STRIKING of what the way from one place [m] to another takes."""
        places = np.concatenate([[first], self.ends[(self.ends > first) & (self.ends < last)], [last]])
        wandered = [
            wandered_variance(np.diff(np.interp(places, self.ends, row)), np.diff(places), SPREADS[name].memory)
            for name, row in zip(WANDERING, self.wandering, strict=True)
        ]
        return np.concatenate([wandered, self.until(self.struck, last) - self.until(self.struck, first)])

    def between(self, first: float, last: float, belief: "Belief | None" = None) -> tuple[float, float]:
        """Mean and standard deviation [J] of what the way from one place [m] to another takes from the battery."""
        mean = float(self.until(self.inside, last) - self.until(self.inside, first))
        moves = self.until(self.deviation, last) - self.until(self.deviation, first)
        chance = float(np.sum(self.chances(first, last)))
        if belief is None:
            return mean, math.sqrt(float(np.sum(moves * moves)) + chance)
        shift = float(np.sum(moves * belief.mean))
        spread = float(np.sum(moves * np.sum(belief.cov * moves, axis=1)))
        return mean + shift, math.sqrt(max(spread, 0.0) + chance)

    def interval(self, z: float = Z90) -> tuple[float, float]:
        """From where to where [J] the whole route's energy at the terminals lies, with 90 % by default."""
        _, sd = self.between(float(self.ends[0]), float(self.ends[-1]))
        return float(self.drawn[-1]) - z * sd, float(self.drawn[-1]) + z * sd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Belief:
    """What a drive has taught of what lasts, in standard deviations: mean (F,), cov (F, F) by LASTING."""

    mean: Array
    cov: Array

    def learnt(self, prediction: Prediction, first: float, last: float, used: float) -> "Belief":
        """After `used` [J] from inside the battery between two places [m] (Kalman 1960)."""
        moves = prediction.until(prediction.deviation, last) - prediction.until(prediction.deviation, first)
        expected, _ = prediction.between(first, last)
        chance = float(np.sum(prediction.chances(first, last)))
        towards = np.sum(self.cov * moves, axis=1)
        gain = towards / max(float(np.sum(moves * towards)) + chance, 1.0)
        off = used - expected - float(np.sum(moves * self.mean))
        return Belief(mean=self.mean + gain * off, cov=self.cov - np.outer(gain, towards))


def unlearnt() -> Belief:
    """Before anything was driven."""
    return Belief(mean=np.zeros(len(LASTING)), cov=np.eye(len(LASTING)))


@dataclass(slots=True, kw_only=True, eq=False)
class Predictor:
    """Predicts routes for one car; mass [kg] is the platform's test mass where none is given.

    Raises EvpilotError on conditions out of range, here, or on a leg that the car cannot get up, in `predict`.
    """

    platform: Platform
    conditions: Conditions = MILD
    mass: float = 0.0

    def __post_init__(self) -> None:
        self.conditions.validate()
        self.mass = self.mass or powertrain_of(self.platform).test_mass

    def predict(self, route: Route, pace: float = 1.0, speed: float = 0.0) -> Prediction:
        """What a route takes at a pace, the share of the limit that is driven where traffic allows; speed [m/s] at its
        start."""
        train = packed(self.platform, self.conditions)
        rows = self._rows(route, pace, speed, train)
        usual = rows[:, Passed.INSIDE]
        moves, curved = {}, np.zeros(len(usual))
        for name in SPREADS:
            up = self._moved(name, REACH, route, pace, speed, train)
            down = self._moved(name, -REACH, route, pace, speed, train) if name in CURVED else 2.0 * usual - up
            moves[name] = (up - down) / (2.0 * REACH)
            curved += (up + down - 2.0 * usual) / 6.0
        inside = usual + curved
        return Prediction(
            ends=route.ends,
            time=_from_zero(rows[:, Passed.TIME]),
            drawn=_from_zero(rows[:, Passed.DRAWN] + curved),
            inside=_from_zero(inside),
            deviation=np.array([_from_zero(moves[name]) for name in LASTING]),
            wandering=np.array([_from_zero(moves[name]) for name in WANDERING]),
            struck=np.array([_from_zero(row) for row in _struck(route, usual, moves["lights"])]),
            pace=pace,
        )

    def _rows(
        self, route: Route, pace: float, speed: float, train: Packed, world: World = USUAL, mass: float = 0.0
    ) -> Array:
        """One journey under one world: rows (L, 3) by `Passed`."""
        par = parameters(self.platform, conditions=self.conditions, mass=mass or self.mass)
        pieces = pieces_of(self.platform, route, self.conditions, pace, world)
        # what stood outside is as warm as the air, and a cold battery takes back little
        warm = min(max(self.conditions.temperature + world.temperature, COLDEST), HOTTEST)
        store, spent = train.start(dataclasses.replace(self.conditions, temperature=warm))
        least = float(train.ev[Ev.WINDOW_LOW] + MIDDLE * train.ev[Ev.WINDOW])
        ev = train.ev.copy()
        ev[Ev.AUXILIARY] *= world.auxiliaries
        rows = np.zeros((len(route.legs), len(Passed)))
        firm = min(GRIP[leg.surface] for leg in route.legs) ** 0.5
        accel, brake = ACCEL * world.vigour * firm, BRAKE * world.vigour * firm
        stuck = travel(pieces, speed, accel, brake, least, store, spent, par, ev, train.losses, train.voltages, rows)
        if stuck:
            number = int(pieces[stuck - 1, Piece.LEG])
            leg = route.legs[number]
            what = f"{self.platform.name} does not get on at a grade of {100.0 * math.tan(leg.grade):.0f} %"
            raise EvpilotError(what, place=f"legs {number + 1}")
        return rows

    def _moved(self, name: str, by: float, route: Route, pace: float, speed: float, train: Packed) -> Array:
        """What the route takes (L,) with one quantity `by` standard deviations above what is expected."""
        off = by * SPREADS[name].sd
        if name == "mass":
            rows = self._rows(route, pace, speed, train, mass=max(self.mass + off, 0.5 * self.mass))
        elif name == "drive":
            worse = dataclasses.replace(train, losses=train.losses * (1.0 + off))
            rows = self._rows(route, pace, speed, worse)
        else:
            moved = dataclasses.replace(USUAL, **{name: getattr(USUAL, name) + off})
            rows = self._rows(route, pace, speed, train, moved)
        return rows[:, Passed.INSIDE]


@kernel("f8(f8[::1], f8[::1], f8)")
def wandered_variance(moved: Array, lengths: Array, memory: float) -> float:
    """Variance [J2] of what an error does that would change each stretch, of a length [m], by moved [J] if it stayed,
    and of which after a way `memory` [m] only 1/e is left: an Ornstein-Uhlenbeck process, integrated."""
    var = cov = 0.0  # of what was done so far; and with the error as it is then
    for k in range(moved.shape[0]):
        done, x = moved[k], max(lengths[k] / memory, 1e-6)
        kept = -math.expm1(-x) / x
        var += 2.0 * cov * done * kept + 2.0 * done * done * (1.0 - kept) / x
        cov = cov * math.exp(-x) + done * kept
    return max(var, 0.0)


def _struck(route: Route, energy: Array, by_lights: Array) -> Array:
    """Variance (S, L) [J2] until each leg's end by STRIKING, of a route that takes energy (L,) [J], and by one standard
    deviation of the share of red lights more (L,) [J]."""
    lengths = np.array([leg.length for leg in route.legs])
    share = SHARE_PER_KM * np.diff(energy, prepend=0.0)
    traffic = share**2 * np.maximum(1e3 / lengths, 1.0 / np.maximum(lengths / 1e3, 1.0))
    lights = np.array([leg.lights for leg in route.legs], np.float64)
    red = np.array([leg.red_share for leg in route.legs])
    moved = np.diff(by_lights, prepend=0.0) / SPREADS["lights"].sd
    stop = np.where(lights > 0, moved / np.maximum(lights * red, 1e-9), 0.0)
    return np.cumsum([traffic, lights * red * (1.0 - red) * stop * stop], axis=1)


def _from_zero(column: Array) -> Array:
    return np.concatenate([[0.0], column])
