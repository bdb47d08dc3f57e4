"""From the log of a drive to its verdict: pure functions, whoever drove."""

import numpy as np

from evpilot.evaluate import score
from evpilot.evaluate.criteria.caution import caution
from evpilot.evaluate.criteria.collisions import collisions
from evpilot.evaluate.criteria.comfort import comfort, travelled
from evpilot.evaluate.criteria.criticality import criticality
from evpilot.evaluate.criteria.cut_in import cut_in
from evpilot.evaluate.criteria.energy import energy
from evpilot.evaluate.criteria.keep_clear import keep_clear
from evpilot.evaluate.criteria.lines import red_lights, stop_signs
from evpilot.evaluate.criteria.people import crosswalks, cyclist_room
from evpilot.evaluate.criteria.priority import bus_leaves, make_way, right_of_way
from evpilot.evaluate.criteria.rss import rss
from evpilot.evaluate.criteria.rules import OFF_ROAD, off_road, solid_line, speed_limit, wrong_way
from evpilot.evaluate.criteria.single import single
from evpilot.evaluate.criteria.success import shortfalls
from evpilot.evaluate.expert import Progress, progress
from evpilot.evaluate.facts.drive import Drive, unroll
from evpilot.evaluate.facts.encounters import meet
from evpilot.evaluate.facts.movements import movements
from evpilot.evaluate.facts.road import locate
from evpilot.evaluate.facts.way import way_taken
from evpilot.evaluate.reference.careful import CarefulDriver, emergencies
from evpilot.evaluate.verdict import Verdict
from evpilot.runlog.record import Cmd, Ego, RunLog
from evpilot.scenarios.goal import goal_mask
from evpilot.types import MetricResult, Source


def judge(run: RunLog) -> Verdict:
    """Judge a drive. Raises EvpilotError when the log holds no planning tick."""
    drive = unroll(run)
    place = locate(drive)
    meetings = meet(drive)
    way = way_taken(drive, place)
    careful = CarefulDriver(drive, way)
    found = collisions(drive, place, meetings, careful)
    ride = comfort(drive)
    reached = _goal_reached(drive)
    made = progress(drive, place, reached is True)
    ratio = score.progress_ratio(made)
    through = movements(drive, place)
    ttc = score.time_to_collision(drive, place, meetings, found)
    metrics = (
        *criticality(drive, way, meetings),
        *rss(drive),
        ttc,
        off_road(drive, place),
        speed_limit(drive, place),
        red_lights(drive, place),
        stop_signs(drive),
        wrong_way(drive, place),
        solid_line(drive, place),
        right_of_way(drive, through),
        cut_in(drive, place),
        keep_clear(drive, through),
        crosswalks(drive),
        cyclist_room(drive, place),
        bus_leaves(drive),
        make_way(drive),
        *ride,
        *energy(drive),
        *_progress(drive, made, ratio),
        *caution(drive, place, made, reached is True, careful, through),
        *_interventions(drive),
    )
    plan_ms = np.array([frame.plan_ms for frame in run.frames])
    goals = run.briefing.goals
    return Verdict(
        scenario=run.header.scenario,
        problem_id=run.header.problem_id,
        seed=run.header.seed,
        pilot=run.header.pilot,
        traffic=run.header.traffic,
        outcome=run.outcome,
        duration=drive.duration,
        distance=travelled(drive),
        metrics=metrics,
        gates=score.gates(drive, place, found, ratio),
        parts=score.parts(drive, place, ratio, ttc, ride),
        goal_reached=reached,
        survival=any(goal.survival for goal in goals),
        collisions=found,
        offroad=bool(np.any(place.body >= OFF_ROAD)),
        offroad_at_start=bool(place.body[0] >= OFF_ROAD),
        faults=sum(1 for frame in run.frames if frame.fault),
        plan_ms_p50=float(np.percentile(plan_ms, 50)),
        plan_ms_p99=float(np.percentile(plan_ms, 99)),
        shortfalls=shortfalls(drive, reached, found, metrics, emergencies(drive, place, careful)),
    )


def _goal_reached(drive: Drive) -> bool | None:
    """Whether any goal held at any row of the fast clock; None when there is no goal."""
    goals = drive.run.briefing.goals
    if not goals:
        return None
    x, y, yaw, speed = (drive.fast[:, column] for column in (Ego.X, Ego.Y, Ego.YAW, Ego.SPEED))
    seconds = drive.fast_t_ns.astype(np.float64) * 1e-9
    return any(bool(goal_mask(goal, drive.graph, x, y, yaw, speed, seconds).any()) for goal in goals)


def _progress(drive: Drive, made: Progress, ratio: float) -> tuple[MetricResult, MetricResult]:
    clause = "nuplan-devkit ego_progress_along_expert_route; expert: IDM alone on the road, capped at the goal"
    expert = np.nan if made.expert is None else made.expert
    return (
        single(
            drive, "progress", clause, "1", ratio, score.MAKING_PROGRESS, ratio >= score.MAKING_PROGRESS, at_least=True
        ),
        single(drive, "expert_distance", "IDM alone on the road, capped at the goal", "m", expert),
    )


def _interventions(drive: Drive) -> tuple[MetricResult, MetricResult]:
    """How often the guard took over, and in how many ticks the pilot failed; the first has no limit."""
    source = drive.run.command[:, Cmd.SOURCE]
    guarded = np.isin(source, (Source.GUARD, Source.MINIMAL_RISK))
    spells = int(np.count_nonzero(guarded & ~np.concatenate([[False], guarded[:-1]])))
    faults = sum(1 for frame in drive.run.frames if frame.fault)
    return (
        single(drive, "guard_interventions", "spells with the guard in command", "1", float(spells)),
        single(drive, "pilot_faults", "planning ticks without a sound decision", "1", float(faults), 0.0, faults == 0),
    )
