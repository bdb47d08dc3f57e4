"""What walkers do, and cyclists who ride across the road: go on as they go, hurry, or hesitate. Nobody's next step is
sure, least of all in front of a car."""

from evpilot.geometry.jit import kernel
from evpilot.predict.follow import PACE, SPACING, USED
from evpilot.predict.roads import USERS, RoadArrays
from evpilot.types.kinds import ObjectKind, User
from evpilot.types.state import Array, Ints

HURRIES, HESITATES = 0.2, 0.2  # how likely, for who is walking
STROLL = 0.3  # [m/s] who is slower stands
HURRY = 1.0  # [m/s] more than now: from a walk to a run
KEPT = 0.4  # of its pace is left to a person who hesitates
FREEZES = 0.3  # how likely an animal stops where it is
SLOWS = 0.4  # [m/s] slower than of late: somebody who stops ...
STOPS = 0.7  # ... this likely
AGO = 0.25  # [s] before now
STANDS = 0.01  # [m/s] a pace of 0 is one that is not known
PAUSE = 3.0  # [s] who stands on the road for longer waits for us to pass; who does not ...
SETS_OFF, STEP = 0.25, 1.3  # ... is this likely to go on, [m/s]
FOR_CARS = int(User.VEHICLE)


@kernel()
def intents(kind: int, pace: float, before: float, mode: Array, prob: Array) -> None:
    """Give an object on no way the modes of a walker: the wanted pace of each in mode (MODES, COLUMNS), and prob
    (MODES,), by its pace [m/s] now and `AGO`. Who stands, what has no mind of its own and who rides along a lane keep
    the modes that they have."""
    walks = kind == ObjectKind.PEDESTRIAN or kind == ObjectKind.ANIMAL
    crosses = kind == ObjectKind.BICYCLE and mode[0, SPACING] <= 0.0
    if pace < STROLL or not (walks or crosses):
        return
    mode[:, USED] = 1.0
    # a cyclist goes on braking, too
    mode[0, PACE] = pace if walks else 0.0
    mode[1, PACE], mode[2, PACE] = pace + HURRY, KEPT * pace
    prob[1], prob[2] = HURRIES, HESITATES
    stopping = walks and before - pace > SLOWS
    if kind == ObjectKind.ANIMAL or stopping:
        mode[2, PACE], prob[2] = STANDS, STOPS if stopping else FREEZES
        prob[1] *= (1.0 - prob[2]) / (1.0 - HESITATES)
    prob[0] = 1.0 - prob[1] - prob[2]


@kernel()
def sets_off(
    kind: int, pace: float, stood: float, found: Ints, place: Array, count: int, road: RoadArrays, mode: Array,
    prob: Array,
) -> None:  # fmt: skip
    """Give a person or an animal that has stood [s] on a lane (those found, as `locate.near` fills them) for a moment
    only a mode in which it goes on, as it faces."""
    walks = kind == ObjectKind.PEDESTRIAN or kind == ObjectKind.ANIMAL
    if not walks or pace >= STROLL or stood >= PAUSE:
        return
    for k in range(count):
        if abs(place[k, 1]) <= place[k, 3] and road[1][found[k], USERS] & FOR_CARS:
            mode[0, USED] = mode[1, USED] = 1.0
            mode[0, PACE], mode[1, PACE] = STANDS, STEP
            prob[0], prob[1], prob[2] = 1.0 - SETS_OFF, SETS_OFF, 0.0
            return
