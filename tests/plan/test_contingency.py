"""Motions that share their first second are one decision where somebody's next move is open."""

from dataclasses import fields

import numpy as np
import pytest

from evpilot.plan.batch import Batch, blank
from evpilot.plan.columns import GRID, Cost, Roll
from evpilot.plan.contingency import REVEALED, branch, harm_of
from evpilot.plan.cost.contact import CONTACT, certainty
from evpilot.plan.entries import Entries
from evpilot.plan.scene import Scene
from evpilot.types.state import Array

BODY = np.array([1.4, 2.4, 0.95])
GO, LATE, EARLY = range(3)


def motion(brakes_at: float, brake: float = 3.0, speed: float = 10.0) -> Array:
    """Along x from 0 at a speed [m/s], braking from a time [s] on."""
    roll = np.zeros((len(GRID), len(Roll)))
    v = np.maximum(speed - brake * np.maximum(GRID - brakes_at, 0.0), 0.0)
    roll[:, Roll.SPEED] = v
    roll[1:, Roll.X] = np.cumsum(0.5 * (v[1:] + v[:-1]) * np.diff(GRID))
    roll[:, Roll.S], roll[:, Roll.COS] = roll[:, Roll.X], 1.0
    return roll


def batch() -> Batch:
    """Going on, braking in a second, braking at once; the last two meet nobody."""
    found = blank(3)
    found.rolls[:] = motion(99.0), motion(1.0), motion(0.0)
    found.firsts[:, 0], found.firsts[:, 1], found.firsts[:, 3] = np.inf, -1.0, np.inf
    found.costs[:, Cost.PROGRESS] = 0.0, 20.0, 28.0
    found.costs[:, Cost.COMFORT] = 0.0, 8.0, 0.0
    return found


def scene(*modes: tuple[float, bool], one_track: bool = True, zone: bool = False) -> Scene:
    """Somebody who comes across at x = 40 m after 4 s, or, in a mode that is not crossing, never; (prob, crossing)."""
    found = object.__new__(Entries)
    count = len(modes)
    box = np.zeros((count, len(GRID), 5))
    for e, (_, crossing) in enumerate(modes):
        box[e, :, 0], box[e, :, 1] = 40.0, -20.0 + 5.0 * GRID if crossing else -20.0
        box[e, :, 3], box[e, :, 4] = 1.0, 5.0
    found.box, found.half = box, np.tile([2.3, 0.9], (count, 1))
    found.prob = np.array([prob for prob, _ in modes])
    found.track = np.zeros(count, np.int64) if one_track else np.arange(count)
    found.moving = np.ones(count, np.bool_)
    rows = [[0.0, 36.0, 44.0, 3.0, 5.0, 90.0 * prob, e, 36.0] for e, (prob, crossing) in enumerate(modes) if crossing]
    zones = np.array(rows) if zone and rows else np.zeros((0, 8))
    parts = dict.fromkeys((field.name for field in fields(Scene)), None)
    return Scene(**(parts | {"entries": found, "zones": zones, "left": np.inf}))  # type: ignore[arg-type]


def credited(*modes: tuple[float, bool], **rest: bool) -> Array:
    """What each motion is credited with, the cost of contact as `score` would have it included before."""
    found, world = batch(), scene(*modes, **rest)
    harm = harm_in(found, world)
    found.costs[:, Cost.COLLISION] = harm @ world.entries.prob
    found.firsts[GO, 1] = 0.0
    branch(found, world, BODY, True)
    return -found.costs[:, Cost.BRANCH]


def harm_in(found: Batch, world: Scene) -> Array:
    harm = np.empty((3, len(world.entries.prob)))
    entries = world.entries
    harm_of(
        np.arange(3), found.props, found.rolls, BODY, entries.box, np.arange(len(entries.prob)), entries.half,
        entries.prob, entries.moving, world.zones, True, np.inf, found.firsts, harm,
    )  # fmt: skip
    return harm


def test_the_harm_of_a_way_is_that_of_its_certainty() -> None:
    harm = harm_in(batch(), scene((0.5, True), (0.5, False)))
    at = int(np.argmax(np.abs(motion(99.0)[:, Roll.X] + BODY[0] - 40.0) < BODY[1] + 0.9 + 0.25))
    assert harm[GO, 0] == pytest.approx(CONTACT * certainty(float(GRID[at])) * (0.7 + 0.03 * 5.0), rel=0.1)
    assert harm[GO, 1] == harm[LATE, 0] == harm[EARLY, 0] == 0.0


def test_a_place_that_is_somebodys_counts_for_the_way_that_leads_there() -> None:
    harm = harm_in(batch(), scene((0.5, True), (0.5, False), zone=True))
    without = harm_in(batch(), scene((0.5, True), (0.5, False)))
    assert harm[GO, 0] - without[GO, 0] == pytest.approx(90.0)
    assert np.array_equal(harm[1:], without[1:])


def test_who_can_wait_and_see_is_credited_with_going_on() -> None:
    credit = credited((0.5, True), (0.5, False))
    # brakes in a second at a cost of 28, or, with even chances, goes on for nothing
    assert credit[LATE] == pytest.approx(REVEALED * 14.0)
    assert credit[GO] == credit[EARLY] == 0.0


def test_waiting_and_seeing_beats_braking_at_once_only_by_that_credit() -> None:
    found = batch()
    assert found.total()[LATE] == found.total()[EARLY]
    assert found.total()[LATE] - credited((0.5, True), (0.5, False))[LATE] < found.total()[EARLY]


@pytest.mark.parametrize(
    ("modes", "one_track"),
    [
        (((1.0, True),), True),  # nothing is open
        (((0.5, True), (0.5, True)), True),  # both ways come to the same
        (((0.5, False), (0.5, False)), True),  # nobody is in the way
        (((1.0, True), (1.0, False)), False),  # two who both are sure
    ],
)
def test_where_nothing_hangs_on_it_nothing_is_credited(modes: tuple[tuple[float, bool], ...], one_track: bool) -> None:
    assert not credited(*modes, one_track=one_track).any()
