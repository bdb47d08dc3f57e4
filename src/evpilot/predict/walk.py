"""What walkers do, and cyclists who ride across the road: go on as they go, hurry, or hesitate. Nobody's next step is
sure, least of all in front of a car."""

from evpilot.geometry.jit import kernel
from evpilot.predict.follow import PACE, SPACING, USED
from evpilot.types.kinds import ObjectKind
from evpilot.types.state import Array

HURRIES, HESITATES = 0.2, 0.2  # how likely, for who is walking
STROLL = 0.3  # [m/s] who is slower stands
HURRY = 1.0  # [m/s] more than now: from a walk to a run
KEPT = 0.4  # of its pace is left to who hesitates


@kernel()
def intents(kind: int, pace: float, mode: Array, prob: Array) -> None:
    """Give an object on no way the modes of a walker: the wanted pace of each in mode (MODES, COLUMNS), and prob
    (MODES,). Who stands, what has no mind of its own and who rides along a lane keep the modes that they have."""
    walks = kind == ObjectKind.PEDESTRIAN or kind == ObjectKind.ANIMAL
    crosses = kind == ObjectKind.BICYCLE and mode[0, SPACING] <= 0.0
    if pace < STROLL or not (walks or crosses):
        return
    mode[:, USED] = 1.0
    # a cyclist goes on braking, too
    mode[0, PACE] = pace if walks else 0.0
    mode[1, PACE], mode[2, PACE] = pace + HURRY, KEPT * pace
    prob[0], prob[1], prob[2] = 1.0 - HURRIES - HESITATES, HURRIES, HESITATES
