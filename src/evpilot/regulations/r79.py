"""UN R79, automatically commanded steering of category C: a lane change, and who comes from behind on the other lane.

The car must change to the left lane to arrive; a faster car comes on that lane, from a distance below, at or above the
critical one, and reacts to who is in front of it. The change must be gentle, done in time, and never begin when the one
behind is too near. Indicators are not part of a decision in an object list's world, so the seconds before the change in
which they must flash are a gap.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.regulations.grid import every
from evpilot.regulations.meeting.contact import first_touch, meetings
from evpilot.regulations.meeting.roads import REACH, WIDTH, Track, straight_road
from evpilot.regulations.meeting.scene import SEEN
from evpilot.regulations.meeting.targets import CAR, KMH, STEP, STEP_NS, mover, steady
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.runlog.record import Ego, RunLog
from evpilot.scenarios.library.stage import content_hash, goal_on
from evpilot.scenarios.scenario import Scenario
from evpilot.types import UN_R79, Platform
from evpilot.types.state import Array

LATERAL_MOST = 1.0  # [m/s2] induced by the system
JERK_MOST = 5.0  # [m/s3] as a mean over half a second
MANOEUVRE_MOST = 5.0  # [s] from the first wheel on the line to the whole car on the new lane
REAR_REACTION, REAR_BRAKE, REAR_GAP = 0.4, 3.0, 1.0  # [s], [m/s2], [s] of who comes from behind
BEGUN = 0.2  # [m] sideways out of the lane's middle: a manoeuvre has begun
SECONDS = 20.0  # [s] of a drive
GOAL_LANE = 0  # the left one

CLAUSES = (
    Clause(
        place="UN R79 5.6.4.7",
        requirement="No lane change while who comes from behind is nearer than the critical distance.",
    ),
    Clause(
        place="UN R79 5.6.4.6",
        requirement="Lateral acceleration of at most 1 m/s2, mean lateral jerk of at most 5 m/s3.",
    ),
    Clause(
        place="UN R79 5.6.4.6.4",
        requirement="The manoeuvre over the line takes at most 5 s.",
        confirmed=False,
    ),
)
REAR, GENTLE, TIMELY = (clause.place for clause in CLAUSES)

GROUPS = (
    Group(
        key="lane-change",
        title="Lane change before a faster car",
        clauses=(REAR, GENTLE, TIMELY),
        axes=(
            Axis(name="ego_kmh", meaning="our speed", values=(80.0, 110.0)),
            Axis(name="rear_kmh", meaning="speed of who comes from behind", values=(110.0, 130.0)),
            Axis(
                name="distance_share",
                meaning="its distance at the start over the critical one",
                values=(0.3, 0.7, 1.5, 3.0),
            ),
        ),
        map_axes=("rear_kmh", "distance_share"),
        margin="distance to who comes from behind beyond the critical one when the change starts [m]",
    ),
)


def critical(rear: float, speed: float) -> float:
    """The critical distance [m] to who comes from behind at `rear` [m/s]: it reacts in 0.4 s, brakes with 3 m/s2 and
    keeps one second."""
    faster = max(rear - speed, 0.0)
    return faster * REAR_REACTION + faster**2 / (2.0 * REAR_BRAKE) + speed * REAR_GAP


def cases(platform: Platform) -> Sequence[Case]:
    """Every case of the grid."""
    return every("r79", GROUPS)


def _road(case: Case) -> Track:
    return straight_road(case["ego_kmh"] * KMH, lanes=2)


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven: the pilot has the car from the start, in the middle of the right lane."""
    speed, rear = case["ego_kmh"] * KMH, case["rear_kmh"] * KMH
    track = _road(case)
    begin = 60.0 - REACH
    gap = case["distance_share"] * critical(rear, speed)
    place = begin - 0.5 * platform.length - gap - 0.5 * CAR.length, WIDTH
    actor = mover(1, CAR, place, 0.0, steady(rear), 0.0, SECONDS + 1.0)
    plain = Scenario(
        name=f"r79/{case.id}",
        source="regulations",
        sha256="",
        dt_ns=STEP_NS,
        last_step=round(SECONDS / STEP),
        graph=track.graph,
        start=np.array([begin, 0.0, 0.0, 0.0]),
        start_speed=speed,
        goals=(goal_on(track.graph, (GOAL_LANE,), -60.0, -5.0),),
        actors=(actor,),
    )
    return Stage(
        scenario=dataclasses.replace(plain, sha256=content_hash(plain)), sensor=SEEN, limits=UN_R79, traffic="reactive"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A lane change in a log: when the car begins to move sideways, and when the manoeuvre starts because its body
    reaches the line [s]; how long it is on the line [s], until it is done or the drive ends; the hardest lateral
    acceleration [m/s2] and mean jerk [m/s3]; the speed [m/s] and the distance to who comes from behind [m] at the
    start, inf when nobody does."""

    begins: float
    starts: float
    lasts: float
    done: bool
    lateral: float
    jerk: float
    speed: float
    distance: float


def change_of(run: RunLog, platform: Platform) -> Change | None:
    """The first lane change to the left in a drive, None when there is none."""
    yaw = run.ego[:, Ego.YAW]
    y = run.ego[:, Ego.Y] + platform.rear_to_center * np.sin(yaw)
    half = 0.5 * platform.width * np.cos(yaw) + 0.5 * platform.length * np.abs(np.sin(yaw))
    over = np.flatnonzero(y + half > 0.5 * WIDTH)
    if not len(over):
        return None
    first = int(over[0])
    done = np.flatnonzero(y[first:] - half[first:] > 0.5 * WIDTH)
    last = first + int(done[0]) if len(done) else len(y) - 1
    back = np.flatnonzero(np.abs(y[:first]) < BEGUN)
    begin = int(back[-1]) if len(back) else 0
    seconds = run.t_ns.astype(np.float64) * 1e-9
    lateral = run.ego[begin : last + 1, Ego.LATERAL_ACCEL]
    return Change(
        begins=float(seconds[begin]),
        starts=float(seconds[first]),
        lasts=float(seconds[last] - seconds[first]),
        done=len(done) > 0,
        lateral=float(np.abs(lateral).max()),
        jerk=_mean_jerk(lateral, float(seconds[1] - seconds[0])),
        speed=float(run.ego[first, Ego.SPEED]),
        distance=_rear(run, platform, first),
    )


def _mean_jerk(lateral: Array, dt: float) -> float:
    """The largest change over half a second, as a rate [m/s3]."""
    n = max(round(0.5 / dt), 1)
    return float(np.abs(lateral[n:] - lateral[:-n]).max() / 0.5) if len(lateral) > n else 0.0


def _rear(run: RunLog, platform: Platform, row: int) -> float:
    """How far who is behind on the left lane is from our tail [m] at a row; inf when it is not behind."""
    t = int(run.t_ns[row])
    frame = max((f for f in run.frames if f.t_ns <= t), key=lambda f: f.t_ns)
    found = np.flatnonzero(frame.truth.objects.id == 1)
    if not len(found):
        return math.inf
    k = int(found[0])
    x = float(frame.truth.objects.state[k, 0]) + float(frame.truth.objects.velocity[k, 0]) * (t - frame.t_ns) * 1e-9
    tail = float(run.ego[row, Ego.X]) + platform.rear_to_center - 0.5 * platform.length
    gap = tail - (x + 0.5 * CAR.length)
    return gap if gap > -(platform.length + CAR.length) else math.inf


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a case's drive: not applicable where no lane was changed."""
    touch = first_touch(meetings(run, platform), platform)
    if touch is not None:
        return CaseResult(
            verdict=Verdict.FAIL,
            clause=REAR,
            reason="contact with who comes from behind",
            contact=True,
            impact_speed=touch.relative,
        )
    found = change_of(run, platform)
    if found is None:
        return CaseResult(verdict=Verdict.NOT_APPLICABLE, clause=REAR, reason="no lane was changed")
    least = critical(case["rear_kmh"] * KMH, found.speed)
    wrong = ""
    clause = REAR
    if found.distance < least:
        wrong = f"started {found.distance:.1f} m before who comes from behind, allowed {least:.1f} m"
    elif found.lateral > LATERAL_MOST or found.jerk > JERK_MOST:
        clause = GENTLE
        wrong = f"{found.lateral:.2f} m/s2 and {found.jerk:.2f} m/s3, allowed {LATERAL_MOST:g} and {JERK_MOST:g}"
    elif found.lasts > MANOEUVRE_MOST:
        clause = TIMELY
        wrong = f"on the line for {found.lasts:.1f} s, allowed {MANOEUVRE_MOST:g} s"
    return CaseResult(
        verdict=Verdict.FAIL if wrong else Verdict.PASS,
        clause=clause,
        reason=wrong or "changed lanes with room, gently and in time",
        margin=None if math.isinf(found.distance) else found.distance - least,
        values={
            "begins_s": round(found.begins, 2),
            "starts_s": round(found.starts, 2),
            "on_the_line_s": round(found.lasts, 2),
            "done": found.done,
            "lateral_mps2": round(found.lateral, 3),
            "lateral_jerk_mps3": round(found.jerk, 3),
        },
    )


SUITE = Suite(
    key="r79",
    title="UN R79: lane changes of category C",
    edition="04 series of amendments",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
)
