"""What the numbers in the records' columns and codes mean."""

from collections.abc import Iterable
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray


class ObjectKind(IntEnum):
    """What a thing on or beside the road is."""

    UNKNOWN = 0
    CAR = 1
    TRUCK = 2
    BUS = 3
    MOTORCYCLE = 4
    BICYCLE = 5
    PEDESTRIAN = 6
    TRAIN = 7
    EMERGENCY = 8
    PARKED = 9
    CONE = 10
    BARRIER = 11
    BUILDING = 12
    ANIMAL = 13
    BALL = 14


VULNERABLE = (ObjectKind.BICYCLE, ObjectKind.PEDESTRIAN)
VEHICLES = (
    ObjectKind.UNKNOWN,
    ObjectKind.CAR,
    ObjectKind.TRUCK,
    ObjectKind.BUS,
    ObjectKind.MOTORCYCLE,
    ObjectKind.TRAIN,
    ObjectKind.EMERGENCY,
)
FIXED = (ObjectKind.PARKED, ObjectKind.CONE, ObjectKind.BARRIER, ObjectKind.BUILDING)


def among(kinds: Iterable[ObjectKind]) -> NDArray[np.bool_]:
    """A table (256,), true for these kinds: `table[tracks.kind]` tells who is one of them."""
    table = np.zeros(256, np.bool_)
    table[[int(kind) for kind in kinds]] = True
    return table


class Signal(IntFlag):
    """What an object's lamps show."""

    NONE = 0
    LEFT = 1
    RIGHT = 2
    BRAKE = 4
    HAZARD = 8
    BLUE = 16


class State(IntEnum):
    """Columns of `Tracks.state` (N, 7): the box centre in the map frame."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3
    SPEED = 4
    ACCEL = 5
    YAW_RATE = 6


class Pose(IntEnum):
    """Columns of a pose (4,): position [m] and yaw [rad]."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3


class Box(IntEnum):
    """Columns of `Detections.box` (N, 6)."""

    X = 0
    Y = 1
    Z = 2
    YAW = 3
    LENGTH = 4
    WIDTH = 5


class LightState(IntEnum):
    """What a traffic light shows. DARK is out of service; UNSEEN is hidden from view."""

    DARK = 0
    RED = 1
    RED_AMBER = 2
    AMBER = 3
    GREEN = 4
    FLASHING_AMBER = 5
    FLASHING_RED = 6
    UNSEEN = 7


class Arrow(IntFlag):
    """Which movements a light rules."""

    ALL = 0
    LEFT = 1
    STRAIGHT = 2
    RIGHT = 4


class LaneKind(IntEnum):
    """What a lane is for."""

    URBAN = 0
    COUNTRY = 1
    MOTORWAY = 2
    ON_RAMP = 3
    OFF_RAMP = 4
    SHOULDER = 5
    BUS = 6
    BICYCLE = 7
    SIDEWALK = 8
    CROSSWALK = 9
    DRIVEWAY = 10
    INTERSECTION = 11
    PARKING = 12
    RESTRICTED = 13
    UNKNOWN = 14


class User(IntFlag):
    """Who may use a lane."""

    CAR = 1
    TRUCK = 2
    BUS = 4
    MOTORCYCLE = 8
    BICYCLE = 16
    PEDESTRIAN = 32
    TRAIN = 64
    EMERGENCY = 128
    TAXI = 256
    VEHICLE = 1 | 2 | 4 | 8 | 128 | 256


class Marking(IntEnum):
    """The line that bounds a lane."""

    UNKNOWN = 0
    NONE = 1
    DASHED = 2
    SOLID = 3
    BROAD_DASHED = 4
    BROAD_SOLID = 5
    CURB = 6


class Turn(IntEnum):
    """Where a lane of a junction leads."""

    NONE = 0
    STRAIGHT = 1
    LEFT = 2
    RIGHT = 3
    U_TURN = 4


class Priority(IntEnum):
    """The right of way of the traffic that comes along a lane."""

    UNMARKED = 0
    PRIORITY = 1
    YIELD = 2
    STOP = 3
    RIGHT_BEFORE_LEFT = 4
    ALL_WAY_STOP = 5


class StopKind(IntEnum):
    """Why traffic stops at a line."""

    LINE = 0
    STOP_SIGN = 1
    YIELD_SIGN = 2
    LIGHT = 3


class Gear(IntEnum):
    """Selector position."""

    PARK = 0
    DRIVE = 1
    REVERSE = 2


class Source(IntEnum):
    """Who is in command."""

    NOMINAL = 0
    TAIL = 1
    GUARD = 2
    MINIMAL_RISK = 3


class Rejection(IntEnum):
    """Why a proposal was not taken."""

    CHOSEN = 0
    COLLISION = 1
    RULE = 2
    COMFORT = 3
    COST = 4
    ROAD = 5


KINDS = (int(min(ObjectKind)), int(max(ObjectKind)))
LIGHT_STATES = (int(min(LightState)), int(max(LightState)))
SOURCES = (int(min(Source)), int(max(Source)))
"""The least and the highest of each, which every message of every tick is held against."""
