"""What the columns of the planner's arrays mean, and its time grid."""

from enum import IntEnum

import numpy as np

from evpilot.types.state import Array

FINE, FINE_STEP = 20, 0.1  # [s] the near future, in which collisions are certain
COARSE, COARSE_STEP = 30, 0.2  # [s] and the rest


def time_grid() -> Array:
    """Times [s] of the planner's states (51,): every 0.1 s for 2 s, then every 0.2 s up to 8 s."""
    fine = np.arange(FINE + 1, dtype=np.float64) * FINE_STEP
    return np.concatenate([fine, fine[-1] + np.arange(1, COARSE + 1) * COARSE_STEP])


GRID = time_grid()
HORIZON = float(GRID[-1])
CHUNK = 6  # steps that are bounded together
CHUNKS = (len(GRID) + CHUNK - 1) // CHUNK


class Ref(IntEnum):
    """Columns of a reference path's table (P, 14)."""

    X = 0
    Y = 1
    YAW = 2
    CURVATURE = 3
    Z = 4
    LIMIT = 5  # [m/s] the speed limit
    CAP = 6  # [m/s] what limit and curves allow, braking for them included
    REMAINING = 7  # [m] cost still to go to the goal
    COS = 8  # of the yaw
    SIN = 9
    LEFT = 10  # [m] to the left at which a solid line bounds the lane, inf where none does
    RIGHT = 11  # [m] the same on the right, negative
    ONCOMING = 12  # [m] to the left (right: negative) at which the lane of those who come begins, inf: nowhere, 0: here
    SLOPE = 13  # [m/s2] of gravity against the car, positive uphill


class Corridor(IntEnum):
    """Columns of a corridor's scalars (C, 10): the car in the path's frame, and what the path is worth."""

    S = 0
    D = 1
    THETA = 2  # [rad] heading against the path
    BEND = 3  # [1/m] second derivative of d along the path
    START = 4  # first row in the stacked tables
    COUNT = 5
    PENALTY = 6  # cost of being on it (lane change, oncoming traffic)
    WALL = 7  # [m] nearest place where the front must not pass, inf when none
    END = 8  # [m] where its last lane ends
    HOME = 9  # [m] offset at which it is not off its lane


class Prop(IntEnum):
    """Columns of a proposal (R, 11): a lateral motion on a corridor and a speed law."""

    CORRIDOR = 0
    OFFSET = 1  # [m] lateral target
    LENGTH = 2  # [m] along which it is reached
    HOLD = 3  # [m] offset that is kept before
    DELAY = 4  # [m] how far; 0 where the motion begins at once
    LAW = 5
    P0 = 6
    P1 = 7
    P2 = 8
    P3 = 9
    P4 = 10


class Law(IntEnum):
    """Speed laws; their parameters P0..P4."""

    # wanted speed [m/s], time headway [s], IDM acceleration [m/s2], what it may pull more than comfortable [m/s2], and
    # how much faster than comfortable it may be in a bend, as a share
    CRUISE = 0
    RAMP = 1  # acceleration [m/s2], for how long [s], then hold the speed
    ARRIVE = 2  # T [s], and the coefficients c3, c4, c5 of s(t); P4 = acceleration at the start
    STOP = 3  # place of the front [m] on the path, comfortable deceleration [m/s2]
    TAIL = 4  # acceleration for the first period [m/s2], then brake at P1 [m/s2], after P2 [s]


class Roll(IntEnum):
    """Columns of a rollout's states (R, T, 11): the rear axle, map frame, and its place on the corridor."""

    X = 0
    Y = 1
    YAW = 2
    SPEED = 3
    ACCEL = 4
    CURVATURE = 5
    S = 6
    D = 7
    JERK = 8
    COS = 9  # of the yaw
    SIN = 10


class Entry(IntEnum):
    """Columns of a predicted box in time (E, T, 5): centre, heading, speed along it."""

    X = 0
    Y = 1
    COS = 2
    SIN = 3
    SPEED = 4


class Span(IntEnum):
    """Columns of an entry seen from a corridor (C, E, T, 5): extent along and across, speed along."""

    S_LOW = 0
    S_HIGH = 1
    D_LOW = 2
    D_HIGH = 3
    SPEED = 4


class Cost(IntEnum):
    """Columns of a proposal's costs (R, 13)."""

    COLLISION = 0  # with what is ahead or beside
    ROAD = 1
    RULE = 2
    GOAL = 3
    PROGRESS = 4
    COMFORT = 5
    CLEARANCE = 6
    LANE = 7
    REACHED = 8  # minus the bonus where a goal is reached within the horizon
    REAR = 9  # contact from behind: the other's fault, but contact
    COURTESY = 10  # braking that is imposed on others, where traffic reacts
    BRANCH = 11  # minus what is saved by a choice that is left open
    ENERGY = 12  # what is taken from the battery beyond the way's price, where saving is wished


class Surprise(IntEnum):
    """Columns of places (K, 8) where somebody may come into our way whom nothing forecasts."""

    CORRIDOR = 0
    S = 1  # [m] where our front is then
    EDGE = 2  # [m] the offset d from where he comes
    GAIN = 3  # [1/s] speed that is safe for each metre of the gap between us ...
    LOSS = 4  # [m/s] ... less so much ...
    SLOWEST = 5  # [m/s] ... and at least
    MOST = 6  # the most that it costs to be too fast
    WHO = 7  # the id of who may come, -1 where nobody is seen
