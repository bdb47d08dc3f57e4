"""What a motion costs, part by part, against plain evaluation of the same motion."""

import math

import numpy as np
import pytest
from driving_scenes import CAR, one_lane, place
from planning_parts import BODY, box, costs_of, line

from evpilot.geometry.boxes import gap
from evpilot.plan.columns import GRID, Cost, Ref, Roll
from evpilot.plan.cost.contact import CONTACT_GAP
from evpilot.plan.cost.encounter import (
    BEHIND,
    CREEPING,
    FADE,
    LAST,
    LASTING,
    SPARE,
    TTC_SURE,
    WORST,
    encounter_cost,
    severity,
    whereabouts_of,
)
from evpilot.plan.cost.goal import schedule_cost
from evpilot.plan.cost.progress import speeding_cost, too_far_over
from evpilot.plan.evaluate import SPEEDING
from evpilot.plan.score import CONTENDER, KEEN
from evpilot.types import VERDICT, Goal

CONTACT = 500.0


def first_contact(one: np.ndarray, others: list[np.ndarray], size: tuple[float, float], moving: bool):
    """Time and number of the earliest contact, by testing every pair of boxes at every step; None for none."""
    best = None
    for e, other in enumerate(others):
        for k, t in enumerate(GRID):
            c, s = one[k, Roll.COS], one[k, Roll.SIN]
            free = gap(
                one[k, Roll.X] + BODY[0] * c, one[k, Roll.Y] + BODY[0] * s, c, s, BODY[1], BODY[2],
                other[k, 0], other[k, 1], other[k, 2], other[k, 3], 0.5 * size[0], 0.5 * size[1],
            )  # fmt: skip
            if free < CONTACT_GAP + (0.03 * t if moving else 0.0):
                if best is None or t < best[0]:
                    best = (t, e)
                break
    return best


@pytest.mark.parametrize("moving", [False, True])
def test_the_first_contact_is_that_of_a_plain_search(moving: bool) -> None:
    rng = np.random.default_rng(3)
    starts = zip(rng.uniform(-1, 1, 12), rng.uniform(2, 14, 12), rng.uniform(-3, 1, 12), strict=True)
    rolls = [line(30.0, y, speed, accel) for y, speed, accel in starts]
    others = [
        box(x, y, vx, vy, yaw)
        for x, y, vx, vy, yaw in zip(
            rng.uniform(20, 130, 6), rng.uniform(-8, 8, 6), rng.uniform(-6, 6, 6), rng.uniform(-2, 2, 6),
            rng.uniform(-3, 3, 6), strict=True,
        )
    ]  # fmt: skip
    costs, firsts = costs_of(rolls, graph=one_lane(), others=others, moving=moving)
    hits = 0
    for r, one in enumerate(rolls):
        want = first_contact(one, others, (4.5, 1.8), moving)
        if want is None:
            assert math.isinf(firsts[r, 0]) and costs[r, Cost.COLLISION] == costs[r, Cost.REAR] == 0.0
        else:
            hits += 1
            assert (firsts[r, 0], firsts[r, 1]) == (pytest.approx(want[0]), want[1])
            assert costs[r, Cost.COLLISION] + costs[r, Cost.REAR] > 20.0
    assert 3 < hits < len(rolls)


def test_contact_outweighs_everything_and_harder_contact_more() -> None:
    wall = [box(70.0, 0.0)]
    costs, _ = costs_of([line(speed=14.0), line(speed=14.0, accel=-2.0), line(speed=8.0, accel=-2.5)], graph=one_lane(),
                        others=wall)  # fmt: skip
    assert costs[0, Cost.COLLISION] > costs[1, Cost.COLLISION] > CONTACT
    assert costs[2, Cost.COLLISION] == 0.0
    assert costs[2].sum() + CONTACT < costs[1].sum()


def test_contact_from_behind_is_told_from_contact_ahead() -> None:
    costs, _ = costs_of([line(speed=4.0)], graph=one_lane(), others=[box(15.0, 0.0, 12.0)], moving=True)
    assert costs[0, Cost.COLLISION] == 0.0 and costs[0, Cost.REAR] > 20.0


@pytest.mark.parametrize("speed", [20.0, 40.0])
def test_who_comes_the_other_way_is_neither_passed_through_between_two_looks_nor_taken_to_come_from_behind(
    speed: float,
) -> None:
    others = [box(200.0 + 0.5 * k, 0.0, -speed) for k in range(20)]
    alone = [costs_of([line(speed=30.0)], graph=one_lane(), others=[one], moving=True)[0][0] for one in others]
    assert all(cost[Cost.REAR] == 0.0 for cost in alone)
    assert min(cost[Cost.COLLISION] for cost in alone) > 0.7 * max(cost[Cost.COLLISION] for cost in alone) > 0.0


def test_who_has_only_to_follow_us_is_trusted_to_and_who_cannot_stop_is_not() -> None:
    # 30 m behind at 8 m/s when we brake to a stop; 14 m behind at 20 m/s
    stop = line(speed=8.0, accel=-2.0)
    for start, speed, low, high in ((-4.0, 8.0, 0.0, 40.0), (12.0, 20.0, 200.0, 1000.0)):
        costs, firsts = costs_of([stop], graph=one_lane(), others=[box(start, 0.0, speed)], moving=True)
        assert math.isfinite(firsts[0, 0])
        assert low < costs[0, Cost.REAR] < high
    replayed, _ = costs_of([stop], graph=one_lane(), others=[box(-4.0, 0.0, 8.0)], moving=True, limits=VERDICT)
    trusted, _ = costs_of([stop], graph=one_lane(), others=[box(-4.0, 0.0, 8.0)], moving=True)
    assert replayed[0, Cost.REAR] > 5.0 * trusted[0, Cost.REAR], "recorded traffic brakes for nobody"


def plain_encounter(one: np.ndarray, other: np.ndarray) -> float:
    """`encounter_cost` of one entry by stepping both on at constant velocity."""
    worst, lasting = 0.0, 0.0
    for k in (*range(2, 18, 4), *range(18, LAST + 1, 2)):
        c, s, v = one[k, Roll.COS], one[k, Roll.SIN], one[k, Roll.SPEED]
        x, y = one[k, Roll.X] + BODY[0] * c, one[k, Roll.Y] + BODY[0] * s
        dx, dy = other[k, 0] - one[k, Roll.X], other[k, 1] - one[k, Roll.Y]
        if v < CREEPING or dx * c + dy * s < BEHIND * math.hypot(dx, dy):
            continue
        for t in np.arange(0.0, TTC_SURE, 0.005):
            ox, oy = other[k, 0] + t * other[k, 4] * other[k, 2], other[k, 1] + t * other[k, 4] * other[k, 3]
            ours = (x + t * v * c, y + t * v * s, c, s, BODY[1] + SPARE, BODY[2] + SPARE)
            if gap(*ours, ox, oy, other[k, 2], other[k, 3], 2.25, 0.9) <= 0.0:
                bad = severity(t) * (1.0 - FADE * GRID[k])
                worst, lasting = max(worst, bad), lasting + 0.4 * bad
                break
    return WORST * worst + LASTING * lasting


@pytest.mark.parametrize("late", [-1.4, -0.6, 0.0, 0.6, 1.2, 1.8, 4.0])
@pytest.mark.parametrize(("speed", "yaw"), [(10.0, 0.5 * math.pi), (6.0, 2.6), (0.0, 0.5 * math.pi), (4.0, 0.0)])
def test_a_near_miss_is_that_of_a_plain_search(late: float, speed: float, yaw: float) -> None:
    """The other is on our way 30 m ahead about when we are; we slow down a little."""
    ours, t = line(speed=10.0, accel=-1.0), 3.0 - late
    vx, vy = speed * math.cos(yaw), speed * math.sin(yaw)
    other = box(58.0 + BODY[0] - vx * t, -vy * t, vx, vy, yaw)
    half = np.array([[2.25, 0.9]])
    stays = whereabouts_of(other[None], half)
    cost = encounter_cost(ours, BODY, other[None], half, np.ones(1), stays)
    assert cost == pytest.approx(plain_encounter(ours, other), abs=0.03)
    assert encounter_cost(ours, BODY, other[None], half, np.full(1, 0.5), stays) == pytest.approx(0.5 * cost)


def test_near_misses_are_told_from_passing_well_clear() -> None:
    half, cost = np.array([[2.25, 0.9]]), []
    for late in (2.2, 3.5):
        other = box(58.0 + BODY[0], -10.0 * late, 0.0, 10.0, 0.5 * math.pi)
        cost.append(
            encounter_cost(line(speed=10.0), BODY, other[None], half, np.ones(1), whereabouts_of(other[None], half))
        )
    assert cost[0] > 0.3 and cost[1] == 0.0


def test_a_near_miss_is_nothing_to_the_official_verdict() -> None:
    ours, across = line(speed=10.0), box(58.0 + BODY[0], -22.0, 0.0, 10.0, 0.5 * math.pi)
    near, firsts = costs_of([ours], graph=one_lane(), others=[across], moving=True)
    exact, _ = costs_of([ours], graph=one_lane(), others=[across], moving=True, limits=VERDICT)
    assert math.isinf(firsts[0, 0])
    assert near[0, Cost.CLEARANCE] > exact[0, Cost.CLEARANCE] + 4.0


def test_passing_close_costs_more_than_passing_far() -> None:
    parked = [box(60.0, -2.4)]
    costs, _ = costs_of([line(y=0.0), line(y=0.4), line(y=0.7)], graph=one_lane(), others=parked)
    assert costs[0, Cost.CLEARANCE] > costs[1, Cost.CLEARANCE]
    assert np.all(costs[:, Cost.COLLISION] == 0.0)


def test_following_bumper_to_bumper_costs() -> None:
    lead_rear = 30.0 + BODY[0] + BODY[1]
    gaps = (0.6, 3.0, 8.0, 20.0)
    found = []
    for free in gaps:
        costs, _ = costs_of([line(speed=8.0)], graph=one_lane(), others=[box(lead_rear + free + 2.25, 0.0, 8.0)])
        found.append(float(costs[0, Cost.CLEARANCE]))
    assert found[0] > found[1] + 2.0 > found[2] + 3.0
    assert found[3] == pytest.approx(0.0, abs=0.2)


def test_closing_in_fast_costs() -> None:
    lead = [box(52.0, 0.0, 6.0)]
    costs, _ = costs_of([line(speed=12.0, accel=-1.2), line(speed=6.0)], graph=one_lane(), others=lead)
    assert costs[0, Cost.COLLISION] == 0.0
    assert costs[0, Cost.CLEARANCE] > costs[1, Cost.CLEARANCE] + 1.0


def test_leaving_the_road_costs_unless_the_car_was_out_before() -> None:
    inside, out, edge = line(y=0.0), line(y=0.0, yaw=0.05), line(y=1.2)
    costs, _ = costs_of([inside, out, edge], graph=one_lane())
    assert costs[0, Cost.ROAD] == 0.0
    assert costs[1, Cost.ROAD] > 100.0 and costs[2, Cost.ROAD] > 100.0
    kept, _ = costs_of([edge], graph=one_lane(), slack=0.6)
    assert kept[0, Cost.ROAD] == 0.0


def test_a_centimetre_beyond_the_edge_is_no_reason_to_stand_for_ever() -> None:
    reach = 1.75 - BODY[2]
    narrow, off, far = line(y=reach), line(y=reach + 0.1), line(y=reach + 0.4)
    costs, _ = costs_of([narrow, off, far], graph=one_lane())
    assert 0.0 < costs[0, Cost.ROAD] < 25.0 < 60.0 < costs[1, Cost.ROAD] < 300.0 < costs[2, Cost.ROAD]
    exact, _ = costs_of([narrow], graph=one_lane(), limits=VERDICT)
    assert exact[0, Cost.ROAD] > 400.0


def test_nobody_creeps_out_of_the_road_a_few_centimetres_at_a_time() -> None:
    reach = 1.75 - BODY[2]
    at_once, _ = costs_of([line(y=reach + 0.2)], graph=one_lane())
    bit_by_bit = [costs_of([line(y=reach + 0.04 * k)], graph=one_lane(), slack=0.04 * k + 0.01)[0] for k in range(1, 6)]
    assert sum(float(costs[0, Cost.ROAD]) for costs in bit_by_bit) > 0.8 * at_once[0, Cost.ROAD]


def bent(speed: float, before: float, after: float) -> np.ndarray:
    """A motion straight on whose curvature changes at 1 s."""
    one = line(speed=speed)
    one[:, Roll.CURVATURE] = np.where(GRID < 1.0, before, after)
    return one


def test_what_the_guard_would_refuse_is_not_driven() -> None:
    # 10 m/s: 3 m/s2 sideways; 5 m/s2; from -2 to 2 m/s2 at once
    rolls = [bent(10.0, 0.03, 0.03), bent(10.0, 0.03, 0.05), bent(10.0, -0.02, 0.02)]
    costs, _ = costs_of(rolls, graph=one_lane())
    assert costs[0, Cost.RULE] < 100.0 < costs[1, Cost.RULE]
    assert costs[2, Cost.RULE] > 100.0
    exact, _ = costs_of(rolls, graph=one_lane(), limits=VERDICT)
    assert np.all(exact[:, Cost.RULE] < 100.0), "no gate in the official verdict"


def test_passing_a_wall_breaks_a_rule_and_standing_before_it_does_not() -> None:
    rolls = [line(speed=10.0), line(speed=10.0, accel=-2.5)]
    costs, _ = costs_of(rolls, graph=one_lane(), wall=60.0)
    assert costs[0, Cost.RULE] > 200.0
    assert costs[1, Cost.RULE] == 0.0
    behind, _ = costs_of(rolls, graph=one_lane(), wall=30.0)
    assert np.all(behind[:, Cost.RULE] == 0.0)


@pytest.mark.parametrize(("over", "holds"), [(-0.3, True), (0.001, True), (0.04, True), (0.3, False)])
def test_a_wall_holds_who_stands_as_good_as_at_it(over: float, holds: bool) -> None:
    """A millimetre past it, the car forgot a wall before a crosswalk, and crept up to who walked there."""
    front = 30.0 + BODY[0] + BODY[1]
    costs, _ = costs_of([line(speed=0.0), line(speed=0.0, accel=0.5)], graph=one_lane(), wall=front - over)
    assert costs[0, Cost.RULE] == 0.0
    assert (costs[1, Cost.RULE] > 200.0) == holds


@pytest.mark.parametrize(
    ("begin", "end", "pays"), [(0.0, 8.0, True), (0.0, 1.0, False), (6.5, 8.0, False), (2.0, 4.0, True)]
)
def test_a_zone_costs_while_it_belongs_to_others(begin: float, end: float, pays: bool) -> None:
    # the front is there from 2.0 s, the rear gone at 3.8 s
    low = 30.0 + 20.0 + BODY[0] + BODY[1]
    zones = np.array([[0.0, low, low + 13.0, begin, end, 90.0, 0.0, low]])
    costs, _ = costs_of([line(speed=10.0)], graph=one_lane(), zones=zones)
    assert (costs[0, Cost.RULE] >= 90.0) == pays


def test_a_little_too_early_for_a_zone_to_be_free_costs_a_part() -> None:
    # the front is there from 2.0 s
    low = 30.0 + 20.0 + BODY[0] + BODY[1]
    ends = np.array([1.9, 2.2, 2.35, 3.0])
    paid: list[float] = []
    for end in ends:
        zones = np.array([[0.0, low, low + 13.0, -1.0, end, 90.0, 0.0, low]])
        costs, _ = costs_of([line(speed=10.0)], graph=one_lane(), zones=zones)
        paid.append(float(costs[0, Cost.RULE]))
    assert paid[0] == 0.0 < paid[1] <= paid[2] < paid[3] == 90.0


@pytest.mark.parametrize(("end", "deep", "pays"), [(2.9, 5.0, False), (2.9, 0.0, True), (4.5, 5.0, True)])
def test_who_waits_sets_off_as_somebody_is_about_to_be_gone(end: float, deep: float, pays: bool) -> None:
    # the front is in the zone from 2.0 s; where the others cross it, 10 m on, from 3.0 s
    low = 30.0 + 20.0 + BODY[0] + BODY[1]
    zones = np.array([[0.0, low, low + 13.0, -1.0, end, 90.0, 0.0, low + 2.0 * deep]])
    costs, _ = costs_of([line(speed=10.0)], graph=one_lane(), zones=zones)
    assert (costs[0, Cost.RULE] > 0.0) == pays


def test_until_the_faster_lane_is_reached_the_limit_of_ours_holds() -> None:
    wish = np.array([0.0, 60.0, 0.0, 0.35, math.inf, 14.0, 4.0, 0.0, 1.0])
    beside = line(x=5.0, speed=15.0)
    beside[:, Roll.D] = -3.5
    costs, _ = costs_of([line(x=5.0, speed=15.0), beside], graph=one_lane(20.0), wish=wish)
    assert costs[0, Cost.RULE] == 0.0 < costs[1, Cost.RULE]


def test_who_is_much_too_fast_is_not_cheaper_for_being_through_sooner() -> None:
    wish = np.array([0.0, 60.0, 0.0, 0.35, math.inf, 14.0, *SPEEDING])
    table = np.full((400, len(Ref)), 14.0)
    table[80:120, Ref.LIMIT] = 3.0  # from 40 to 60 m
    slow, fair, fast, faster = (
        speeding_cost(line(30.0, speed=v), len(GRID) - 1, 0, 400, table, wish) for v in (3.0, 6.0, 9.0, 13.0)
    )
    assert slow == 0.0
    assert fair > 100.0
    assert fast > 0.9 * fair and faster > 0.9 * fair


def test_a_zone_that_the_car_has_left_is_no_matter() -> None:
    zones = np.array([[0.0, 10.0, 28.0, 0.0, 8.0, 90.0, 0.0, 10.0], [1.0, 60.0, 80.0, 0.0, 8.0, 90.0, 0.0, 60.0]])
    costs, _ = costs_of([line(speed=10.0)], graph=one_lane(), zones=zones)
    assert costs[0, Cost.RULE] == 0.0


def test_a_zone_that_the_car_is_in_costs_unless_it_is_left_before_they_come() -> None:
    zones = np.array([[0.0, 20.0, 40.0, 3.0, 6.0, 90.0, 0.0, 20.0]])
    costs, _ = costs_of([line(speed=10.0), line(speed=0.0)], graph=one_lane(), zones=zones)
    assert costs[0, Cost.RULE] == 0.0 and costs[1, Cost.RULE] == 90.0


@pytest.mark.parametrize(("inside", "speed"), [(0.1, 0.0), (0.05, 0.5), (-0.02, 0.5)])
def test_who_has_no_more_than_its_nose_in_a_zone_still_waits(inside: float, speed: float) -> None:
    """Who began to go as somebody came whom it had not expected cannot stop before the zone any more, but in time."""
    low = 30.0 + BODY[0] + BODY[1] - inside
    zones = np.array([[0.0, low, low + 13.0, 1.0, 5.0, 90.0, 0.0, low]])
    costs, _ = costs_of([line(speed=speed, accel=-1.0), line(speed=speed, accel=1.0)], graph=one_lane(), zones=zones)
    assert costs[0, Cost.RULE] == 0.0 and costs[1, Cost.RULE] == 90.0


def test_speeding_costs_more_than_the_way_it_gains() -> None:
    at_limit, over = line(x=5.0, speed=14.0), line(x=5.0, speed=15.0)
    costs, _ = costs_of([at_limit, over], graph=one_lane(14.0))
    assert costs[0, Cost.RULE] == 0.0
    gained = costs[0, Cost.PROGRESS] - costs[1, Cost.PROGRESS]
    assert gained > 0.0
    assert costs[1, Cost.RULE] > gained


def test_hard_braking_and_hard_bends_are_less_comfortable() -> None:
    bend = line(speed=10.0)
    bend[:, Roll.CURVATURE] = 0.025
    tight = line(speed=10.0)
    tight[:, Roll.CURVATURE] = 0.05
    costs, _ = costs_of([line(), line(accel=-1.0), line(accel=-3.5), bend, tight], graph=one_lane())
    comfort = costs[:, Cost.COMFORT]
    assert comfort[0] == 0.0 < comfort[1] < comfort[2]
    assert comfort[0] < comfort[3] < comfort[4]


def test_as_hard_as_is_still_comfortable_is_preferred_to_a_moment_of_more() -> None:
    """nuPlan's limit is 4.05 m/s2, and the car overshoots its plan a little: even a stop that is a fifth shorter is not
    worth passing it."""
    stops = [line(speed=20.0, accel=-3.85), line(speed=20.0, accel=-4.6)]
    costs, _ = costs_of(stops, graph=one_lane(20.0))
    assert costs[1, Cost.COMFORT] > costs[0, Cost.COMFORT] + 25.0


def goal_by_density(one: np.ndarray, goal: Goal) -> float:
    """When a goal is met first, by looking at the motion every millisecond, states taken linearly in between."""
    for t in np.arange(0.0, GRID[-1], 1e-3):
        low, high = goal.time if goal.time is not None else (0.0, 1e6)
        slow, fast = goal.speed if goal.speed is not None else (-1e6, 1e6)
        x = np.interp(t, GRID, one[:, Roll.X] + CAR.rear_to_center)
        v = np.interp(t, GRID, one[:, Roll.SPEED])
        inside = goal.regions[0][:, 0].min() <= x <= goal.regions[0][:, 0].max()
        if inside and low <= t <= high and slow <= v <= fast:
            return float(t)
    return math.inf


@pytest.mark.parametrize(
    "goal",
    [
        place(60.0, 75.0),
        place(60.0, 75.0, time=(3.2, 3.9)),
        place(60.0, 75.0, time=(2.05, 2.4)),
        place(60.0, 75.0, time=(6.0, 7.0)),
        place(60.0, 75.0, speed=(4.0, 6.0)),
        place(60.0, 75.0, time=(3.0, 5.0), speed=(9.0, 12.0)),
    ],
)
@pytest.mark.parametrize(("speed", "accel"), [(10.0, 0.0), (10.0, -0.9), (12.0, -2.0), (8.0, 1.5)])
def test_the_goal_is_met_when_a_dense_look_says_so(goal: Goal, speed: float, accel: float) -> None:
    one = line(speed=speed, accel=accel)
    _, firsts = costs_of([one], graph=one_lane(), goals=(goal,))
    want = goal_by_density(one, goal)
    if math.isinf(want):
        assert math.isinf(firsts[0, 3])
    else:
        # speed windows are taken 0.05 m/s tighter than asked, and places are looked at on the grid
        assert want - 0.02 <= firsts[0, 3] <= want + 0.25


def test_a_timed_goal_within_reach_is_worth_the_way_there() -> None:
    goal = place(70.0, 80.0, time=(3.0, 5.0))
    timed = np.array([0.0, 5.0, 25.0, 0.12, math.inf, math.inf, *SPEEDING])
    costs, firsts = costs_of([line(speed=10.0), line(speed=5.0)], graph=one_lane(), goals=(goal,), wish=timed)
    assert math.isfinite(firsts[0, 3]) and math.isinf(firsts[1, 3])
    assert costs[0, Cost.REACHED] < -50.0 and costs[1, Cost.REACHED] == 0.0


def test_a_goal_without_a_clock_draws_nobody_over_the_limit() -> None:
    goal = place(145.0, 160.0)
    costs, firsts = costs_of([line(speed=14.0), line(speed=15.0)], graph=one_lane(14.0), goals=(goal,))
    assert math.isinf(firsts[0, 3]) and math.isfinite(firsts[1, 3])
    assert costs[0].sum() < costs[1].sum()


def test_a_goal_behind_a_contact_is_no_goal() -> None:
    goal = place(90.0, 100.0)
    costs, _ = costs_of([line(speed=10.0)], graph=one_lane(), goals=(goal,), others=[box(60.0, 0.0)])
    assert costs[0, Cost.REACHED] == 0.0


def test_what_is_done_after_the_goal_does_not_count() -> None:
    goal = place(60.0, 80.0, time=(3.0, 5.0))
    timed = np.array([0.0, 5.0, 25.0, 0.12, math.inf, math.inf, *SPEEDING])
    cruising, stopping = line(speed=12.0), line(speed=12.0)
    stopping[40:, Roll.S] = stopping[40, Roll.S]
    stopping[40:, Roll.X] = stopping[40, Roll.X]
    costs, firsts = costs_of([cruising, stopping], graph=one_lane(10.0), goals=(goal,), wish=timed)
    assert firsts[0, 3] == firsts[1, 3] < 4.0
    for part in (Cost.PROGRESS, Cost.RULE, Cost.LANE):
        assert costs[0, part] == costs[1, part]


def test_of_many_motions_the_best_cost_what_they_cost_alone_and_no_other_is_as_good() -> None:
    rng = np.random.default_rng(11)
    starts = zip(rng.uniform(-2.5, 2.5, 90), rng.uniform(1, 15, 90), rng.uniform(-3, 1.5, 90), strict=True)
    rolls = [line(30.0, y, speed, accel) for y, speed, accel in starts]
    others = [box(70.0, 0.0, 3.0), box(40.0, -3.0, 12.0), box(30.0, 3.0, 8.0)]
    together, _ = costs_of(rolls, graph=one_lane(), others=others, moving=True)
    alone = np.array([costs_of([one], graph=one_lane(), others=others, moving=True)[0][0] for one in rolls])
    totals = alone.sum(axis=1)
    best = np.argsort(totals)[:KEEN]
    worth = totals[best] < totals[best[0]] + CONTENDER  # near misses of the others are left out
    assert worth.sum() >= 3 and np.any(alone[:, Cost.ROAD] > together[:, Cost.ROAD])
    np.testing.assert_array_equal(together[best[worth]], alone[best[worth]])
    assert int(np.argmin(together.sum(axis=1))) == best[0]


@pytest.mark.parametrize(
    ("start", "end", "cost"),
    [
        (3.75, 0.0, 0.0),  # over to the lane's middle
        (3.75, -1.4, 0.0),  # a little past it
        (3.75, -2.0, 0.5 * 4.0),  # half a metre too far, for four seconds
        (-3.75, 4.0, 1.0 * 4.0),  # far past it, from the other side
        (3.75, 4.0, 0.0),  # not over at all
        (1.2, -2.0, 0.0),  # aside in the lane where it is
    ],
)
def test_who_comes_over_too_far_pays_for_the_lane_after(start: float, end: float, cost: float) -> None:
    roll = line(speed=20.0)
    roll[:, Roll.D] = np.where(np.arange(len(roll)) <= 30, start, end)  # from 4 s on at the end
    assert too_far_over(roll, len(roll) - 1, 0.0) == pytest.approx(cost, abs=1e-9)


def lateness(speed: float, near: float, far: float, until: float = 14.6) -> float:
    """What a steady speed costs towards a goal from near to far [m] ahead that must be met after `until` [s]."""
    one = np.zeros((len(GRID), len(Roll)))
    one[:, Roll.S], one[:, Roll.SPEED] = speed * np.asarray(GRID), speed
    return schedule_cost.py_func(one, 0, np.array([[0.0, near, far, 0.0, until, until + 0.1, -1.0]]), 0.0, 25.0)  # type: ignore[attr-defined]


def test_a_long_goal_is_driven_to_with_time_to_spare_and_a_short_one_on_time() -> None:
    just, early = 30.0 / 14.6, 1.2 * 30.0 / 14.6
    assert lateness(just, 30.0, 180.0) > lateness(early, 30.0, 180.0) == 0.0
    # nor earlier than it lets us: beyond its end it is missed
    assert lateness(early, 30.0, 32.0) > lateness(31.0 / 14.6, 30.0, 32.0)


def test_who_comes_past_a_car_that_waits_is_no_lead_of_it() -> None:
    """On the line of a way round that we wait to take, as on any other."""
    waits = line(30.0, speed=0.0)
    comes, leads = box(50.0, 0.8, vx=-12.0, yaw=math.pi), box(38.0, 0.0, vx=0.0)
    comes[:, 1] += np.linspace(0.0, 20.0, len(GRID))  # it leaves our line before it would be here
    comes[:, 4] = 12.0
    costs, _ = costs_of([waits], graph=one_lane(), others=[comes], moving=True)
    assert costs[0, Cost.CLEARANCE] < 0.5
    costs, _ = costs_of([line(30.0, speed=8.0)], graph=one_lane(), others=[leads])
    assert costs[0, Cost.CLEARANCE] > 5.0
