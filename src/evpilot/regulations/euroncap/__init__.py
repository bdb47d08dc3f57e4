"""Euro NCAP 2026, crash avoidance, frontal collisions: the standard range of its scenarios with cars, people on foot
and cyclists.

Night differs from day in nothing that an object list shows, so each cell is driven once and counts for both. Rows that
may be declared as a warning are driven as braking, and there only avoidance counts. A crossing car comes from either
side; the worse of the two colours the cell.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from evpilot.regulations.euroncap.colours import (
    SHEETS,
    Colour,
    Criterion,
    avoidance_colour,
    impact_colour,
    points,
    reduction_colour,
    worst,
)
from evpilot.regulations.grid import every
from evpilot.regulations.meeting.roads import Bend
from evpilot.regulations.meeting.scene import Scene, staged
from evpilot.regulations.meeting.scenes import (
    LEFT,
    RIGHT,
    Cover,
    Crosser,
    at_crossroads,
    braking_ahead,
    crossing_car,
    head_on,
    in_lane,
    on_foot,
    turning_across,
)
from evpilot.regulations.meeting.targets import ADULT, CAR, CHILD, CYCLIST, KMH, Shape
from evpilot.regulations.meeting.verdicts import Outcome, outcome, physics
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.runlog import RunLog
from evpilot.types import Platform

TTC = 4.0  # [s] before the meeting from which on the car is the pilot's
PLACE = "Euro NCAP Crash Avoidance Frontal Collisions 1.1"
CLAUSES = (
    Clause(place=f"{PLACE} 5.2", requirement="Colour and points by relative impact speed, or by avoidance."),
    Clause(
        place=f"{PLACE} 5.2 CCFhos",
        requirement="Colour by the reduction of speed before a head-on impact.",
        confirmed=False,
    ),
    Clause(
        place=f"{PLACE} 2.2",
        requirement="Any CCRs at 20 km/h or less, or CPNA 75 % at 10 km/h, that is not green: no frontal points.",
        confirmed=False,
    ),
)
COLOURS, REDUCTION, KNOCK_OUT = (clause.place for clause in CLAUSES)
KNOCK_OUT_SPEED = 20.0  # [km/h]
MITIGATED = 20.0  # [km/h] a head-on impact slowed by more is mitigated
BRAKING, BRAKED_TO = 4.0, 2.0  # [m/s2], [km/h] of CCRb's target
BENDS = {
    10.0: Bend(1500.0, 9.0, 20.62, 48.76),
    15.0: Bend(1500.0, 11.75, 20.93, 48.14),
    20.0: Bend(1500.0, 14.75, 21.79, 46.42),
}
"""CCFtap's paths by test speed [km/h]."""
TARGET_PACE = {90.0: 30.0, 100.0: 40.0, 110.0: 50.0, 120.0: 60.0, 130.0: 70.0}  # [km/h] of CCRm, else 20


def _kmh(first: int, last: int) -> Axis:
    return Axis(name="ego_kmh", meaning="test speed", values=tuple(float(v) for v in range(first, last + 1, 10)))


def _location(*values: float) -> Axis:
    return Axis(name="location_pct", meaning="impact location, 0 at the right edge of the car's front", values=values)


def _group(key: str, title: str, *axes: Axis) -> Group:
    sheet = key.split("-")[0]
    place = REDUCTION if sheet == "ccfhos" else COLOURS
    clauses = (place, KNOCK_OUT) if sheet in ("ccrs", "cpna") else (place,)
    over = (axes[0].name, axes[1].name) if len(axes) > 1 else None
    return Group(key=key, title=title, clauses=clauses, axes=axes, map_axes=over)


PARTS = (0.0, 25.0, 50.0, 75.0, 100.0)
GROUPS = (
    _group("ccrs", "A standing car", _kmh(10, 80), _location(*PARTS)),
    _group("ccrm", "A slower car", _kmh(30, 130), _location(*PARTS)),
    _group("ccrb", "A car that brakes", _kmh(30, 80), _location(*PARTS)),
    _group("ccfhos", "Head-on", _kmh(30, 80), _location(25.0, 50.0, 75.0)),
    _group(
        "ccftap",
        "Turning across an oncoming car",
        Axis(name="ego_kmh", meaning="test speed", values=(10.0, 15.0, 20.0)),
        Axis(name="target_kmh", meaning="speed of the oncoming car", values=(30.0, 45.0, 60.0)),
    ),
    _group(
        "cccscp",
        "A car that crosses",
        _kmh(20, 60),
        Axis(name="target_kmh", meaning="speed of the crossing car", values=(20.0, 30.0, 40.0, 50.0, 60.0)),
        Axis(name="side", meaning="-1 from the right, 1 from the left", values=(-1.0, 1.0)),
    ),
    _group("cpna", "A pedestrian from the right", _kmh(10, 60), _location(25.0, 50.0, 75.0)),
    _group("cpfa", "A pedestrian who runs from the left", _kmh(10, 60), _location(50.0)),
    _group("cpnco", "A child from behind parked cars", _kmh(10, 60), _location(50.0)),
    _group("cpla", "A pedestrian who walks ahead", _kmh(10, 60), _location(50.0)),
    _group("cpla-fast", "A pedestrian who walks ahead at the right", _kmh(50, 80), _location(25.0)),
    _group("cbna", "A cyclist from the right", _kmh(10, 60), _location(50.0, 75.0)),
    _group("cbnao", "A cyclist from behind parked cars", _kmh(10, 60), _location(50.0, 75.0)),
    _group("cbfa", "A cyclist from the left", _kmh(10, 60), _location(25.0, 50.0)),
    _group("cbla", "A cyclist ahead", _kmh(20, 60), _location(50.0)),
    _group("cbla-fast", "A faster cyclist ahead at the right", _kmh(50, 80), _location(25.0)),
)


def cases(platform: Platform) -> Sequence[Case]:
    """Every cell of the standard range."""
    return every("euroncap", GROUPS)


def scene(case: Case, platform: Platform) -> Scene:
    """What a case puts on the track."""
    speed = case["ego_kmh"] * KMH
    match case.group.split("-")[0]:
        case "ccftap":
            return turning_across(platform, speed, case["target_kmh"] * KMH, BENDS[case["ego_kmh"]])
        case "cccscp":
            return crossing_car(platform, speed, case["target_kmh"] * KMH, round(case["side"]), TTC)
        case "ccfhos":
            return head_on(platform, speed, (50.0 if case["ego_kmh"] <= 50.0 else 70.0) * KMH, _part(case), TTC)
        case "ccrb":
            return braking_ahead(platform, speed, speed, BRAKING, last=BRAKED_TO * KMH, location=_part(case))
        case "ccrs" | "ccrm" | "cpla" | "cbla":
            shape, pace = _ahead(case)
            return in_lane(platform, speed, pace * KMH, TTC, shape=shape, location=_part(case))
        case "cpna" | "cpfa" | "cpnco":
            return on_foot(platform, speed, TTC, _walker(case), hidden=case.group == "cpnco")
        case _:
            return _cyclist(case, platform, speed)


def _part(case: Case) -> float:
    return 0.01 * case["location_pct"]


def _ahead(case: Case) -> tuple[Shape, float]:
    """Who is ahead in our lane, and how fast [km/h]."""
    paces = {"ccrs": 0.0, "ccrm": TARGET_PACE.get(case["ego_kmh"], 20.0), "cbla": 15.0, "cbla-fast": 20.0}
    shape = {"cc": CAR, "cp": ADULT, "cb": CYCLIST}[case.group[:2]]
    return shape, paces.get(case.group, 5.0)


def _walker(case: Case) -> Crosser:
    if case.group == "cpfa":
        return Crosser(shape=ADULT, speed=8.0 * KMH, side=LEFT, location=_part(case), way=6.0, run_up=1.5)
    shape = CHILD if case.group == "cpnco" else ADULT
    return Crosser(shape=shape, speed=5.0 * KMH, side=RIGHT, location=_part(case), way=4.0)


def _cyclist(case: Case, platform: Platform, speed: float) -> Scene:
    match case.group:
        case "cbna":
            who = Crosser(shape=CYCLIST, speed=15.0 * KMH, side=RIGHT, location=_part(case))
            return at_crossroads(platform, speed, TTC, who, inward=1.34, cover=Cover(far=17.0, beside=1.0))
        case "cbnao":
            who = Crosser(shape=CYCLIST, speed=10.0 * KMH, side=RIGHT, location=_part(case))
            return at_crossroads(platform, speed, TTC, who, cover=Cover(far=3.55, beside=4.8))
        case _:
            who = Crosser(shape=CYCLIST, speed=20.0 * KMH, side=LEFT, location=_part(case))
            return at_crossroads(platform, speed, TTC, who, cover=Cover(far=22.0, beside=1.0))


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven."""
    return staged(f"euroncap/{case.id}", scene(case, platform), platform)


def criterion(group: str) -> Criterion:
    """What colours the cells of a group."""
    return Criterion.AVOIDANCE if group.endswith("-fast") else SHEETS[group.split("-")[0]].criterion


def colour_of(case: Case, seen: Outcome) -> Colour:
    """The colour of a case with an outcome."""
    rule, touch = criterion(case.group), seen.touch
    if touch is None or rule is Criterion.AVOIDANCE:
        return avoidance_colour(touch is not None)
    if rule is Criterion.REDUCTION:
        return reduction_colour(case["ego_kmh"] - touch.speed / KMH)
    # a contact without closing speed is one all the same
    return impact_colour(case["ego_kmh"], max(touch.relative / KMH, 1e-6))


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """Passed without contact, or head-on with the speed well reduced; else failed with its colour, or infeasible."""
    there = scene(case, platform)
    seen = outcome(there, run, platform, _reference(case))
    colour, touch = colour_of(case, seen), seen.touch
    head = criterion(case.group) is Criterion.REDUCTION
    clause = REDUCTION if head else COLOURS
    values = {**seen.values(), "colour": colour.value, "worth": colour.worth}
    if touch is None:
        return CaseResult(verdict=Verdict.PASS, clause=clause, reason="no contact", margin=seen.gap, values=values)
    result = CaseResult(
        verdict=Verdict.FAIL,
        clause=clause,
        reason=f"contact at {touch.relative / KMH:.1f} km/h, {colour}",
        margin=-touch.relative,
        contact=True,
        impact_speed=touch.relative,
        values=values,
    )
    if head:
        reduced = case["ego_kmh"] - touch.speed / KMH
        said = f"slowed by {reduced:.1f} km/h before the impact, {colour} by the official calculator"
        return replace(result, verdict=Verdict.PASS if reduced > MITIGATED else Verdict.FAIL, reason=said)
    best = physics(there, run, platform)
    verdict = Verdict.FAIL if best.avoids else Verdict.INFEASIBLE
    return replace(result, verdict=verdict, reason=f"{result.reason}; {best}")


def _reference(case: Case) -> float:
    """Where on the target's box its reference point is [m ahead of the middle], for the impact location."""
    if case.group == "cccscp":
        return 0.25 * CAR.length
    if case.group in ("ccrs", "ccrm", "ccrb", "ccfhos", "ccftap"):
        return 0.0
    return {"cpnco": CHILD}.get(case.group, CYCLIST if case.group.startswith("cb") else ADULT).reference


Results = Sequence[tuple[Case, CaseResult]]


def cells(results: Results) -> dict[str, list[Colour]]:
    """The colours of every scenario's cells; the two sides of a crossing car share one."""
    found: dict[str, dict[tuple[str, float, float], list[Colour]]] = defaultdict(lambda: defaultdict(list))
    for case, result in results:
        values = [value for name, value in case.parameters if name != "side"]
        cell = case.group, values[0], values[1] if len(values) > 1 else 0.0
        if "colour" in result.values:
            found[case.group.split("-")[0]][cell].append(Colour(str(result.values["colour"])))
    return {sheet: [worst(colours) for colours in own.values()] for sheet, own in found.items()}


def demands(results: Results) -> tuple[str, ...]:
    """A line for each knock-out."""
    return tuple(
        f"{case.id} is {result.values.get('colour')}: all frontal points are 0"
        for case, result in results
        if knocks_out(case) and result.values.get("colour") != Colour.GREEN
    )


def knocks_out(case: Case) -> bool:
    """Whether a cell that is not green costs all points."""
    if case.group == "ccrs":
        return case["ego_kmh"] <= KNOCK_OUT_SPEED
    return case.group == "cpna" and case["ego_kmh"] == 10.0 and case["location_pct"] == 75.0


def summary(results: Results) -> tuple[str, ...]:
    """The points of every scenario that was driven, and all together."""
    found = cells(results)
    lines: list[str] = []
    total = most = 0.0
    for sheet, colours in found.items():
        got = 0.0 if demands(results) else points(sheet, colours)
        counts = ", ".join(f"{colours.count(colour)} {colour}" for colour in Colour if colour in colours)
        lines.append(f"{sheet}: {got:.3f} of {SHEETS[sheet].points:g} points ({counts})")
        total, most = total + got, most + SHEETS[sheet].points
        if sheet == "ccfhos":
            lines.append("ccfhos: the official calculator calls a reduction above 30 km/h red; unconfirmed")
    lines.append(f"standard range, as driven: {total:.3f} of {most:g} points; simulated at object level, not a rating")
    return tuple(lines)


SUITE = Suite(
    key="euroncap",
    title="Euro NCAP 2026: frontal crash avoidance, standard range",
    edition="Crash Avoidance Frontal Collisions 1.1 (October 2025)",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
    demands=demands,
    summary=summary,
)
