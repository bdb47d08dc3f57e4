"""What a motion takes from the battery beyond its way: speeding up for a stop, friction brakes, haste.

The energy from inside the battery over the motion, less what the way costs at the present speed, less what the
motion at its end is worth. Where the way is free, a car's motion is worth what it takes to get it; what is
faster than it would roll by itself to a wall or whoever is ahead, or than the time until the next bend or lower limit
is worth, only what recuperation brings back. So to lift early beats braking late, and to speed up towards a red light
or a turn is paid for; a second has one price everywhere. The whole is bounded: no joule outweighs a rule or a road
user.
"""

import math
from dataclasses import dataclass, replace

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.plan.columns import GRID, Corridor, Cost, Prop, Ref, Roll
from evpilot.plan.cost.horizon import steps_until
from evpilot.plan.lookup import sample
from evpilot.plan.weather import GRAVITY
from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle.powertrain.road import turning_mass
from evpilot.vehicle.powertrain.table import STEADY, motion_at, motion_table, power_at, power_table

R_V, R_S = int(Roll.SPEED), int(Roll.S)
C_START, C_COUNT = int(Corridor.START), int(Corridor.COUNT)
P_CORRIDOR = int(Prop.CORRIDOR)
REF_Z, REF_CAP, ENERGY = int(Ref.Z), int(Ref.CAP), int(Cost.ENERGY)
TIMES = GRID
FULL = 1.3  # cost of a kilojoule at a preference of 1: against PROGRESS_WEIGHT a second is then worth 5 to 12 kJ
MOST = 14.0  # cost that saving can reach: far below a contact's (60) or a broken rule's (150)
UPHILL = 1.1  # of potential energy, what it takes from the battery, for the way's price
STANDS = 2.0  # [m/s] somebody ahead who is slower than this is waited for
FAST = 100.0  # [m/s] more than anybody drives
COASTING = 0.12  # [m/s2] at which a car without drive slows down in town
TOWN = (5, 15)  # [m/s] between these speed is gained and lost again from bend to bend
TAKEN, BACK = 0, 1  # columns of `motion_table`


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thrift:
    """An eco preference of a car: powers (SPEEDS, PUSHES) [W] as `power_table` gives them, worths (SPEEDS, 2) [J] as
    `motion_table` does; weight [1/J]; metre, the cost of one still to go; mass [kg] and turning, the turning parts'
    share of it."""

    powers: Array
    worths: Array
    weight: float
    metre: float
    mass: float
    turning: float

    def less(self, share: float) -> "Thrift":
        """The same where saving counts only a share, 0..1."""
        return replace(self, weight=share * self.weight)

    @property
    def kept(self) -> float:
        """By how much the square of a speed that is kept up to a slower place, to be braked for there, may be higher
        for each metre [m/s2] until then: at that speed v a little more of it is worth as much, metre / weight way dv /
        v, as is lost of it by recuperation and a new start, loss v dv."""
        low, high = TOWN
        taken, back = (self.worths[high] - self.worths[low]).tolist()
        return self.metre / self.weight * 0.5 * (high * high - low * low) / (taken - back)


def thrift(platform: Platform, eco: float, metre: float) -> Thrift:
    """A car's eco preference, 0..1; metre as in `Thrift`."""
    powers, turning = power_table(platform), turning_mass(platform) / platform.mass
    return Thrift(
        powers=powers,
        worths=motion_table(powers, turning),
        weight=eco * FULL * 1e-3,
        metre=metre,
        mass=platform.mass,
        turning=turning,
    )


@kernel("void(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8, f8[:, ::1])")
def rolling_on(corridors: Array, table: Array, slower: Array, kept: float, rolls: Array) -> None:
    """Fill rolls (N, 1), as the stacked table (N, 14), with the square [m2/s2] of the speed that is worth its price
    towards all that is slower ahead: from which a car rolls by itself, or to a cap, where who is sooner there gains
    time, as much as `Thrift.kept` [m/s2]. slower (C, 3) on each corridor: where to stop [m], where who is ahead will be
    at the horizon's end [m], inf where nobody is, and how fast [m/s]."""
    for c in range(corridors.shape[0]):
        start, count = int(corridors[c, C_START]), int(corridors[c, C_COUNT])
        rise, ahead = max(2.0 * COASTING, kept) * SPACING, FAST * FAST
        for k in range(count - 1, -1, -1):
            cap = table[start + k, REF_CAP]
            ahead = min(ahead + rise, cap * cap)
            # who is sooner at a wall only waits there, and who goes on ahead is come up with more slowly
            halting = 2.0 * COASTING * max(slower[c, 0] - k * SPACING, 0.0)
            behind = slower[c, 2] + math.sqrt(2.0 * COASTING * max(slower[c, 1] - k * SPACING, 0.0))
            rolls[start + k, 0] = min(ahead, halting, behind * behind)


@kernel()
def worth(speed: float, rolls: float, pace: float, worths: Array) -> float:
    """What a speed is worth [J]: as much of its square as rolls on by itself, up to a pace [m/s] that is worth its
    price, saves power, the rest is for recuperation."""
    free = min(speed, math.sqrt(rolls), pace)
    return motion_at(free, worths, TAKEN) + motion_at(speed, worths, BACK) - motion_at(free, worths, BACK)


@kernel()
def price(speed: float, powers: Array) -> float:
    """What a metre takes [J] at a speed [m/s], or where that is cheaper at a higher one."""
    cheapest = power_at(max(speed, 1.0), 0.0, powers) / max(speed, 1.0)
    for pace in range(int(speed) + 1, powers.shape[0]):
        if powers[pace, STEADY] > cheapest * pace:
            break
        cheapest = powers[pace, STEADY] / pace
    return cheapest


@kernel()
def worthwhile(metre: float, powers: Array) -> float:
    """The speed [m/s] at which the next metre in a second takes as much as it is worth [J] on top of what each metre of
    the way takes anyhow."""
    for pace in range(2, powers.shape[0]):
        power = powers[pace, STEADY]
        if power - powers[pace - 1, STEADY] > metre + power / pace:
            return float(pace - 1)
    return FAST


@kernel(
    "void(f8[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8, f8[:, ::1], f8[:, ::1], f8,"
    "f8, f8, f8[:, ::1])"
)
def energy_cost(
    props: Array,
    rolls: Array,
    corridors: Array,
    table: Array,
    firsts: Array,
    freely: Array,
    progress: float,
    powers: Array,
    worths: Array,
    weight: float,
    mass: float,
    turning: float,
    costs: Array,
) -> None:
    """Add to costs (R, 13) by `Cost` what proposals (R, 11) with rollouts (R, 51, 11) take.

    freely (N, 1) as `rolling_on` fills it for the stacked table (N, 14); progress the cost of a metre still to go;
    firsts (R, 4) as `score` fills them: what is done after the goal does not count.
    """
    pace = worthwhile(progress / weight, powers)
    for r in range(props.shape[0]):
        c = int(props[r, P_CORRIDOR])
        start, count = int(corridors[c, C_START]), int(corridors[c, C_COUNT])
        end = steps_until(firsts[r, 3]) - 1
        roll = rolls[r]
        spent, metre = 0.0, price(roll[0, R_V], powers)
        low = sample(table, start, count, roll[0, R_S], REF_Z)
        height = low
        for step in range(end):
            dt = TIMES[step + 1] - TIMES[step]
            way = roll[step + 1, R_S] - roll[step, R_S]
            climbed = sample(table, start, count, roll[step + 1, R_S], REF_Z) - height
            height += climbed
            slope = GRAVITY * climbed / max(way, 0.1) if way > 0.1 else 0.0
            speed = 0.5 * (roll[step, R_V] + roll[step + 1, R_V])
            push = (roll[step + 1, R_V] - roll[step, R_V]) / dt
            spent += dt * power_at(speed, push * (1.0 + turning) + slope, powers)
        priced = metre * (roll[end, R_S] - roll[0, R_S]) + UPHILL * mass * GRAVITY * (height - low)
        gained = worth(roll[end, R_V], sample(freely, start, count, roll[end, R_S], 0), pace, worths) - worth(
            roll[0, R_V], sample(freely, start, count, roll[0, R_S], 0), pace, worths
        )
        x = weight * (spent - priced - gained)
        costs[r, ENERGY] += MOST * math.tanh(x / MOST)
