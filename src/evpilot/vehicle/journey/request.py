""" "Arrive with at least N %": how fast to drive and where to charge, or why it cannot be."""

from dataclasses import dataclass
from functools import cached_property

from evpilot.types import Platform, checks
from evpilot.vehicle.journey.pieces import cruise_speed
from evpilot.vehicle.journey.prediction import Belief, Prediction, Predictor, unlearnt
from evpilot.vehicle.journey.route import Route
from evpilot.vehicle.journey.stops import RESERVES, STRANDED, Plan, Stops, deviations
from evpilot.vehicle.powertrain.conditions import MILD, Conditions

PACES = (1.0, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82, 0.79, 0.76, 0.73, 0.7)
"""Shares of the limit that are tried; below the last, lorries would overtake."""
SURE = (0.999, 0.99, 0.95, 0.9, 0.75, 0.5)
"""The probabilities with which a request is to be met: the first for which there is a way; none below the last, what
is more likely missed than met is refused."""
TOLD = 0.9  # the probability that a refusal names


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to do: the pace (share of the limit), the plan with its stops, the prediction behind it and the probability
    with which it meets the request; or, where plan is None, the refusal's reason."""

    pace: float
    prediction: Prediction
    plan: Plan | None
    sure: float
    refusal: str = ""


class Request:
    """A journey of a car on a route from a usable charge that must end with `least` of it, both 0..1. sure: the
    probabilities with which it may be met, the highest first.

    Raises EvpilotError when one of them is out of range, or the car cannot get along the route at all.
    """

    def __init__(
        self,
        platform: Platform,
        route: Route,
        conditions: Conditions = MILD,
        *,
        least: float = RESERVES[0],
        mass: float = 0.0,
        sure: tuple[float, ...] = SURE,
    ) -> None:
        checks.within("Request", "least", least, 0.0, 1.0, "")
        for share in sure:
            checks.within("Request", "sure", share, 0.5, 0.9999, "")
        route.validate()
        self.route, self.least, self.conditions = route, least, conditions
        self._sure = sure
        self._predictor = Predictor(platform=platform, conditions=conditions, mass=mass)
        self._stops = Stops(platform, conditions, route)
        self.tank = self._stops.tank
        self._predictions: dict[float, Prediction] = {}

    def prediction(self, pace: float) -> Prediction:
        """What the route takes at a pace."""
        if pace not in self._predictions:
            self._predictions[pace] = self._predictor.predict(self.route, pace)
        return self._predictions[pace]

    def answer(self) -> Answer:
        """Before the journey begins."""
        return self.ask(0.0, self.conditions.charge, None)

    def ask(self, at: float, charge: float, belief: Belief | None) -> Answer:
        """From a place [m] on the route with a usable charge, after what was learnt on the way so far: the soonest way
        to meet the request as surely as can be."""
        for reserve in RESERVES if self._stops.chargers else RESERVES[:1]:
            for sure in self._sure:
                found = self._soonest(at, charge, belief, sure, reserve)
                if found is not None:
                    return found
        return self._refused(at, charge, belief)

    def _soonest(self, at: float, charge: float, belief: Belief | None, sure: float, reserve: float) -> Answer | None:
        """The soonest way with a probability of `sure`, and at chargers with a reserve 0..1."""
        found: list[tuple[float, Answer]] = []
        for pace in self._paces:
            prediction = self.prediction(pace)
            plan = self._stops.plan(
                prediction, charge, self.least, deviations(sure), at=at, belief=belief, reserve=reserve
            )
            if plan is not None:
                found.append((plan.seconds, Answer(pace=pace, prediction=prediction, plan=plan, sure=sure)))
                if not plan.stops:
                    break
        return min(found, key=lambda each: each[0])[1] if found else None

    @cached_property
    def _paces(self) -> tuple[float, ...]:
        """The paces that make a difference: only where somebody may drive faster than SLOWEST is there a choice."""
        kept: list[float] = []
        speeds: set[tuple[float, ...]] = set()
        for pace in PACES:
            own = tuple(cruise_speed(leg, pace) for leg in self.route.legs)
            if own not in speeds:
                kept.append(pace)
                speeds.add(own)
        return tuple(kept)

    def _refused(self, at: float, charge: float, belief: Belief | None) -> Answer:
        slow = self.prediction(self._paces[-1])
        end = float(slow.ends[-1])
        mean, sd = slow.between(at, end, belief)
        tank, z = self.tank, deviations(TOLD)
        likely, low = tank.after(charge, mean), tank.after(charge, mean + z * sd)
        kwh = 3.6e6
        reason = (
            f"the {(end - at) / 1e3:.0f} km take {mean / kwh:.1f} kWh, up to {(mean + z * sd) / kwh:.1f} kWh, "
            f"even at {100 * slow.pace:.0f} % of the limits; {100 * charge:.0f} % are "
            f"{tank.held(charge) / kwh:.1f} kWh: that leaves {100 * likely:.0f} %, with a "
            f"probability of {100 * TOLD:g} % only {100 * low:.0f} %, of the "
            f"{100 * self.least:.0f} % asked for"
        )
        ahead = [charger for charger in self._stops.chargers if charger.at > at]
        if not ahead:
            reason += "; there is no charger on the way"
        else:
            gap, where = self._widest(slow, at, charge, belief)
            reason += f"; no charging helps: {where}" if gap else "; the chargers on the way do not help"
        return Answer(pace=slow.pace, prediction=slow, plan=None, sure=0.0, refusal=reason)

    def _widest(self, prediction: Prediction, at: float, charge: float, belief: Belief | None) -> tuple[bool, str]:
        """The first hop that cannot be made: from where one is, or from a charger left with a full battery."""
        tank, end, z = self.tank, float(prediction.ends[-1]), deviations(STRANDED)
        ahead = [charger for charger in self._stops.chargers if charger.at > at]
        mean, sd = prediction.between(at, ahead[0].at, belief)
        if tank.after(charge, mean + z * sd) < RESERVES[-1]:
            return True, f"the first charger, {ahead[0].name} at {ahead[0].at / 1e3:.0f} km, is out of reach"
        for first, to in zip(ahead, [*ahead[1:], None], strict=True):
            until, need = (end, self.least) if to is None else (to.at, RESERVES[-1])
            mean, sd = prediction.between(first.at, until, belief)
            if tank.after(1.0, mean + z * sd) < need:
                goal = "the end" if to is None else to.name
                return True, f"from {first.name} at {first.at / 1e3:.0f} km a full battery does not last to {goal}"
        return False, ""


class Watch:
    """Keeps a request met while it is driven: what was used so far corrects what is expected of the rest."""

    def __init__(self, request: Request) -> None:
        self.request, self.belief = request, unlearnt()
        self.now = request.answer()
        self._at, self._charge = 0.0, request.conditions.charge

    def passed(self, at: float, used: float, charge: float) -> Answer:
        """At a place [m], after `used` [J] from inside the battery since the last place, with a usable charge now: what
        to do from here. A refusal tells why the request can no longer be kept."""
        if at > self._at:
            prediction = self.request.prediction(self.now.pace)
            self.belief = self.belief.learnt(prediction, self._at, at, used)
        self._at, self._charge = at, charge
        self.now = self.request.ask(at, charge, self.belief)
        return self.now

    def charged(self, charge: float) -> Answer:
        """At a charger, with a usable charge now."""
        return self.passed(self._at, 0.0, charge)
