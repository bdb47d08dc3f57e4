"""The driver who never moves: what the judges must fail wherever one is to go somewhere."""

from evpilot.types import Briefing, Command, Decision, Observation, no_trace

BRAKE = 4.0  # [m/s2] firm, and within the gate


class FrozenPilot:
    """Brakes to a stand at once and stays there: it hits nobody, breaks no rule of the road, and gets nowhere."""

    def __init__(self, briefing: Briefing) -> None:
        self._brake = min(BRAKE, briefing.limits.gate_brake)

    def step(self, observation: Observation) -> Decision:
        """Brake as long as the car moves, straight on."""
        moves = observation.ego.speed > 0.0
        command = Command(
            t_ns=observation.t_ns, accel=-self._brake if moves else 0.0, steering=observation.ego.steering
        )
        return Decision(t_ns=observation.t_ns, command=command, trace=no_trace("frozen"))
