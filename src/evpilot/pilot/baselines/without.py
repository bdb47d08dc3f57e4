"""evpilot's own pilot with one part left out: what a part is worth (benchmarks/ablations.py)."""

from evpilot.pilot.evpilot import EvPilot, Parts
from evpilot.types import Briefing


class WithoutReactive(EvPilot):
    """Takes the others' ways as given: no proposal is scored again with traffic that reacts to it."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing, parts=Parts(reactive=False))


class WithoutContingency(EvPilot):
    """Judges every motion as if it were driven to its end, whatever the others turn out to do."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing, parts=Parts(contingent=False))


class WithoutFittedDrivers(EvPilot):
    """Takes every other driver for the average one, whatever they do."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing, parts=Parts(fitted_drivers=False))


class WithoutLaneChanges(EvPilot):
    """Proposes nothing on other lanes than its own."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing, parts=Parts(lane_changes=False))
