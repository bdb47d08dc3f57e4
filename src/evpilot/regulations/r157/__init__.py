"""UN R157, automated lane keeping, 01 series of amendments.

The concrete cases of the Joint Research Centre's evaluation, driven in closed loop and compared with the regulation's
reference drivers. The drivers' own outcomes over a whole grid (`evpilot suite models`) come from
`evpilot.evaluate.reference.table.outcome_table`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evpilot.regulations.grid import every
from evpilot.regulations.r157 import cut_in, cut_out, following, gap, neighbour, pedestrian, transition
from evpilot.regulations.r157.clauses import CLAUSES
from evpilot.regulations.r157.starts import STARTS
from evpilot.regulations.suite import Case, CaseResult, Group, Stage, Suite
from evpilot.runlog import RunLog
from evpilot.types import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One group with what makes, stages and judges its cases."""

    group: Group
    cases: Callable[[], Sequence[Case]]
    stage: Callable[[Case, Platform], Stage]
    judge: Callable[[Case, RunLog, Platform], CaseResult]


def _parts() -> tuple[Part, ...]:
    found = [
        Part(group=cut_in.group(speed), cases=lambda speed=speed: cut_in.cases(speed), stage=cut_in.stage,
             judge=cut_in.judge)
        for speed in ("low", "high")
    ]  # fmt: skip
    for module in (cut_out, following):
        found += [
            Part(group=module.group(start), cases=lambda module=module, start=start: module.cases(start),
                 stage=module.stage, judge=module.judge)
            for start in STARTS
        ]  # fmt: skip
    found += [
        Part(
            group=module.GROUP,
            cases=lambda module=module: every("r157", (module.GROUP,)),
            stage=module.stage,
            judge=module.judge,
        )
        for module in (pedestrian, gap, transition, neighbour)
    ]  # fmt: skip
    return tuple(found)


PARTS = {part.group.key: part for part in _parts()}


def _cases(platform: Platform) -> list[Case]:
    return [case for part in PARTS.values() for case in part.cases()]


SUITE = Suite(
    key="r157",
    title="UN R157, automated lane keeping",
    edition="01 series of amendments",
    clauses=CLAUSES,
    groups=tuple(part.group for part in PARTS.values()),
    cases=_cases,
    stage=lambda case, platform: PARTS[case.group].stage(case, platform),
    judge=lambda case, run, platform: PARTS[case.group].judge(case, run, platform),
)
