"""Legal safety with a driver blind to traffic (Pek et al. 2020): alone it collides, with the brake it does not."""

import pytest

from evpilot.guard.brake import EmergencyBrake
from evpilot.pilot.baselines.blind import BlindPilot
from evpilot.scenarios import library
from evpilot.simulate.loop import simulate
from evpilot.types import Briefing, Decision, Observation, Source
from evpilot.vehicle import platforms


class Braked(BlindPilot):
    """The blind driver, and the emergency brake that looks for it."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._brake = EmergencyBrake(briefing.platform, briefing.limits, briefing.period_ns * 1e-9)

    def step(self, observation: Observation) -> Decision:
        decision = super().step(observation)
        braking = self._brake.step(observation, decision.trajectory)
        if braking is None:
            return decision
        return Decision(t_ns=observation.t_ns, trajectory=braking, tail=braking, source=Source.GUARD)


@pytest.mark.parametrize("name", ["stop_and_go", "hard_braking", "four_way_stop"])
def test_the_brake_saves_the_blind_driver(name):
    scenario, car = library.build(name), platforms.load("sedan")
    assert simulate(scenario, BlindPilot, platform=car, traffic="reactive").outcome == "collision"
    assert simulate(scenario, Braked, platform=car, traffic="reactive").outcome == "goal"
