"""When a case's outcome is certain, so that its drive may end: contact ends it by itself."""

import hashlib

from evpilot.regulations.r157.road import ROW_NS
from evpilot.regulations.suite import Case
from evpilot.types import EgoState, Truth
from evpilot.types.kinds import State

CALM_TICKS = 20  # 2 s without closing ...
CLOSING = 0.1  # [m/s] ... by more than this: a follower comes down to the other's speed without ever being slower
STANDING = 0.01  # [m/s]
STANDING_TICKS = 10
WHOLE_ONE_IN = 20  # cases are driven to the end all the same, to see that the early end is right


def whole(case: Case) -> bool:
    """Whether a case is one of the 5 % that are driven to the end."""
    return int.from_bytes(hashlib.sha256(case.id.encode()).digest()[:4], "big") % WHOLE_ONE_IN == 0


class Passed:
    """Decided once we are fully past the other and faster, or its lateral motion is over, we are not faster, and the
    gap has not been closing for 2 s. settled_ns: from when on it may be over; reach [m] the sum of the half lengths
    with our rear axle's distance from the box centre taken in."""

    def __init__(self, settled_ns: int, reach: float, shift: float) -> None:
        self._settled, self._reach, self._shift = settled_ns, reach, shift
        self._calm = 0

    def __call__(self, ego: EgoState, truth: Truth) -> bool:
        """Whether it is, to be asked in every tick, in order."""
        other = truth.objects
        ahead = float(other.state[0, State.X]) - float(ego.pose[0]) - self._shift
        pace, aside = (float(value) for value in other.velocity[0])
        if ahead < -self._reach and ego.speed > pace:
            return True
        over = truth.t_ns >= self._settled and abs(aside) < 1e-9
        self._calm = self._calm + 1 if over and ego.speed <= pace + CLOSING else 0
        return self._calm > CALM_TICKS


class Stopped:
    """Decided once we have stood for a second, and the other stands, too, where it is the one ahead."""

    def __init__(self, since_ns: int, leader: bool) -> None:
        self._since, self._leader = since_ns, leader
        self._still = 0

    def __call__(self, ego: EgoState, truth: Truth) -> bool:
        """Whether it is, to be asked in every tick, in order."""
        waits = self._leader and abs(float(truth.objects.velocity[0, 0])) > STANDING
        stands = truth.t_ns >= self._since and abs(ego.speed) < STANDING and not waits
        self._still = self._still + 1 if stands else 0
        return self._still > STANDING_TICKS


def row_time(row: int) -> int:
    """The time [ns] of a row counted from the drive's start."""
    return row * ROW_NS
