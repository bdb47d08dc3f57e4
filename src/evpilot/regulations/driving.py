"""Driving a case of a suite: its stage, a pilot, and the log that the suite judges."""

from evpilot.regulations.suite import Case, Stage, Suite
from evpilot.runlog import RunLog
from evpilot.simulate.custody import Maker
from evpilot.simulate.loop import FAST_NS, simulate
from evpilot.simulate.staging import Staging
from evpilot.types import Platform


def drive_case(
    suite: Suite,
    case: Case,
    make_pilot: Maker,
    platform: Platform,
    *,
    pilot_name: str = "",
    whole: bool = False,
    step_ns: int = FAST_NS,
    stage: Stage | None = None,
) -> RunLog:
    """Drive a case of a suite with a pilot, in the car under test, as the case's stage says.

    whole: to the scenario's end, even where the outcome is certain before; step_ns: the loop's fast step;
    stage: the case's, where it is known already. Raises EvpilotError on a bad platform.
    """
    stage = stage or suite.stage(case, platform)
    return simulate(
        stage.scenario,
        make_pilot,
        platform=stage.platform or platform,
        planner_platform=stage.believed,
        traffic=stage.traffic,
        seed=case.seed,
        limits=stage.limits,
        sensor=stage.sensor,
        pilot_name=pilot_name,
        step_ns=step_ns,
        staging=Staging(
            approach=stage.approach,
            unseen=stage.unseen,
            decided=None if whole else stage.decided,
            told=stage.told,
        ),
    )
