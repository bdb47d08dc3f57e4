"""evpilot's own pilot: track, predict, plan, and the tail that goes on when no plan is accepted."""

from evpilot.maps.index import LaneIndex
from evpilot.plan.planner import Planner
from evpilot.predict.predictor import Predictor
from evpilot.track.tracker import Tracker
from evpilot.types import Briefing, Decision, Observation, Tracks, no_tracks


class EvPilot:
    """The stages composed, read from top to bottom in `step`.

    State: what the tracker and the predictor remember of the others, the planner's last choice.
    """

    def __init__(self, briefing: Briefing) -> None:
        index = LaneIndex(briefing.graph)
        period = briefing.period_ns * 1e-9
        self._tracker = Tracker(period)
        self._predictor = Predictor(briefing.graph, index, period)
        self._planner = Planner(briefing, index)

    def step(self, observation: Observation) -> Decision:
        """One planning tick: from what is seen to where to drive. Raises EvpilotError on an observation with a value
        that is not finite or out of range: it is refused at the door, never clipped."""
        observation.validate()
        tracks = self._tracks(observation)
        predictions = self._predictor.predict(tracks, observation.lights, observation.ego)
        plan = self._planner.plan(observation, tracks, predictions)
        return Decision(
            t_ns=observation.t_ns,
            trajectory=plan.trajectory,
            tail=plan.tail,
            predictions=predictions,
            trace=plan.trace,
        )

    def _tracks(self, observation: Observation) -> Tracks:
        if observation.tracks is not None:
            return observation.tracks
        if observation.detections is not None:
            return self._tracker.update(observation.detections, observation.ego)
        return no_tracks(observation.t_ns)
