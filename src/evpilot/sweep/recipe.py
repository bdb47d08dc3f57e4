"""A sweep written as a TOML file, made a suite: scenario, parameters as lists, ranges or draws by chance, criterion.

title = "Cut-ins of every difficulty"
scenario = "cut_in"                    # a family of the library, or your own: module:function, file.py:function
criterion = "success"                  # or no_contact, no_contact_at_fault, or your own module:function
seeds = "0:5"
[parameters]
difficulty = [0.2, 0.5, 0.8]
gap_m = { from = 10, to = 50, step = 5 }
speed_kmh = { low = 30, high = 130, draw = "uniform" }    # or log_uniform
[sampling]
count = 100                            # draws of all drawn parameters together
seed = 1
"""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evpilot.evaluate import judge
from evpilot.files import EvpilotError, read_toml
from evpilot.regulations import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.runlog import RunLog
from evpilot.scenarios import Scenario, load
from evpilot.sweep.names import imported
from evpilot.types import Platform

KEYS = {"title", "scenario", "criterion", "seeds", "parameters", "sampling", "pilot", "platform"}
CASES_MAX = 1_000_000
DRAWS = ("uniform", "log_uniform")
CRITERIA: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "success": ("reaches its goal with nothing amiss", lambda verdict: verdict.success),
    "no_contact": ("touches nothing", lambda verdict: not verdict.counted),
    "no_contact_at_fault": ("touches nothing by its own fault", lambda verdict: not verdict.at_fault),
}
Values = tuple[float, ...]


def read(path: Path) -> Suite:
    """The suite that a file describes; raises EvpilotError, naming the key, when it describes none."""
    said = read_toml(path)
    for key in said:
        if key not in KEYS:
            raise EvpilotError(f"is no key of a sweep, allowed {', '.join(sorted(KEYS))}", file=path, place=key)
    source = _text(said, "scenario", path)
    criterion = _text(said, "criterion", path, "success")
    if criterion not in CRITERIA and ":" not in criterion:
        names = ", ".join(CRITERIA)
        raise EvpilotError(f"{criterion!r}, allowed {names}, or module:function", file=path, place="criterion")
    fixed, drawn = _parameters(said.get("parameters", {}), path)
    seeds, count, stream = _seeds(said.get("seeds", "0:1"), path), *_sampling(said.get("sampling", {}), drawn, path)
    rows = _draws(drawn, count, stream)
    size = math.prod(len(values) for values in fixed.values()) * len(rows) * len(seeds)
    if size > CASES_MAX:
        raise EvpilotError(f"{size} cases, allowed up to {CASES_MAX}", file=path)
    ends = {name: (low, high) for name, (low, high, _) in drawn.items()}
    axes = tuple(Axis(name=name, meaning=name, values=values) for name, values in {**fixed, **ends}.items())
    key = path.stem
    group = Group(
        key="all",
        title=_text(said, "title", path, key),
        clauses=("criterion",),
        axes=axes,
        map_axes=(axes[0].name, axes[1].name) if len(fixed) >= 2 else None,
        margin="none",
    )
    how = CRITERIA[criterion][0] if criterion in CRITERIA else f"meets {criterion}"
    return Suite(
        key=key,
        title=group.title,
        edition="a sweep of its user's",
        clauses=(Clause(place="criterion", requirement=f"The car {how}."),),
        groups=(group,),
        cases=lambda platform: _cases(key, fixed, drawn, rows, seeds),
        stage=partial(_stage, source),
        judge=partial(_judge, criterion),
    )


def settings_of(path: Path) -> dict[str, str]:
    """The pilot and the platform that a sweep's file names, where it does."""
    said = read_toml(path)
    return {key: _text(said, key, path) for key in ("pilot", "platform") if key in said}


def sampling_of(path: Path) -> str:
    """How a sweep's file draws its cases by chance, in words; empty for a grid."""
    said = read_toml(path)
    _, drawn = _parameters(said.get("parameters", {}), path)
    count, seed = _sampling(said.get("sampling", {}), drawn, path)
    ways = ", ".join(f"{name} {how} over {low:g} to {high:g}" for name, (low, high, how) in drawn.items())
    return f"{count} draws by chance, seed {seed}: {ways}" if drawn else ""


def _cases(
    key: str, fixed: dict[str, Values], drawn: dict[str, Any], rows: Sequence[Values], seeds: Sequence[int]
) -> list[Case]:
    names = (*fixed, *drawn)
    grid = itertools.product(itertools.product(*fixed.values()), rows, seeds)
    return [
        Case(suite=key, group="all", parameters=tuple(zip(names, (*known, *chosen), strict=True)), seed=seed)
        for known, chosen, seed in grid
    ]


def _stage(source: str, case: Case, platform: Platform) -> Stage:
    values = dict(case.parameters)
    if ":" in source:
        scenario = imported(source)(seed=case.seed, **values)
        if not isinstance(scenario, Scenario):
            raise EvpilotError(f"{source} answered {type(scenario).__name__}, must be a Scenario")
    else:
        told = "".join(f",{name}={value:g}" for name, value in values.items())
        scenario = load(f"{source}@seed={case.seed}{told}", case.seed)
    from evpilot.sweep.driving import natural_traffic

    return Stage(scenario=scenario, traffic=natural_traffic(scenario))


def _judge(criterion: str, case: Case, run: RunLog, platform: Platform) -> CaseResult:
    verdict = judge(run)
    if criterion in CRITERIA:
        good, reason = CRITERIA[criterion][1](verdict), ", ".join(verdict.shortfalls)
    else:
        answer = imported(criterion)(run)
        if isinstance(answer, CaseResult):
            return answer
        if not isinstance(answer, bool):
            raise EvpilotError(f"{criterion} answered {type(answer).__name__}, must be a bool or a CaseResult")
        good, reason = answer, "" if answer else f"does not meet {criterion}"
    return CaseResult(
        verdict=Verdict.PASS if good else Verdict.FAIL,
        clause="criterion",
        reason="" if good else reason,
        contact=bool(verdict.counted),
        impact_speed=max((contact.relative_speed for contact in verdict.counted), default=None),
        values={
            "score": verdict.score,
            "goal_reached": verdict.goal_reached,
            "shortfalls": "+".join(verdict.shortfalls),
        },
    )


def _parameters(said: object, path: Path) -> tuple[dict[str, Values], dict[str, tuple[float, float, str]]]:
    """The parameters with given values, and those that are drawn: lowest, highest, how."""
    if not isinstance(said, dict):
        raise EvpilotError("must be a table", file=path, place="parameters")
    fixed: dict[str, Values] = {}
    drawn: dict[str, tuple[float, float, str]] = {}
    for name, value in said.items():
        place = f"parameters.{name}"
        if not str(name).isidentifier():
            raise EvpilotError("must be a name of letters, digits and _", file=path, place=place)
        if isinstance(value, list):
            fixed[name] = tuple(sorted(_number(each, path, place) for each in value))
            if not value or len(set(fixed[name])) < len(value):
                raise EvpilotError("must be a list of different numbers", file=path, place=place)
        elif isinstance(value, dict) and set(value) == {"from", "to", "step"}:
            first, last, step = (_number(value[key], path, place) for key in ("from", "to", "step"))
            if not (step > 0.0 and last >= first and (last - first) / step < CASES_MAX):
                raise EvpilotError("must have step > 0 and to >= from", file=path, place=place)
            count = math.floor((last - first) / step + 1e-9) + 1
            fixed[name] = tuple(float(f"{first + k * step:.6g}") for k in range(count))
        elif isinstance(value, dict) and set(value) == {"low", "high", "draw"}:
            low, high = (_number(value[key], path, place) for key in ("low", "high"))
            how = value["draw"]
            if how not in DRAWS or not (low < high and (how == "uniform" or low > 0.0)):
                wanted = f"draw {' or '.join(DRAWS)}, low < high, and low > 0 for log_uniform"
                raise EvpilotError(f"must have {wanted}", file=path, place=place)
            drawn[name] = low, high, how
        else:
            wanted = "a list, {from, to, step} or {low, high, draw}"
            raise EvpilotError(f"must be {wanted}", file=path, place=place)
    return fixed, drawn


def _sampling(said: object, drawn: dict[str, Any], path: Path) -> tuple[int, int]:
    """How many draws, and the seed of their stream."""
    if bool(said) != bool(drawn):
        wanted = "[sampling] with count and seed goes with parameters that are drawn, and only with them"
        raise EvpilotError(wanted, file=path, place="sampling")
    if not said:
        return 1, 0
    if not isinstance(said, dict) or not set(said) <= {"count", "seed"}:
        raise EvpilotError("must be a table of count and seed", file=path, place="sampling")
    count, seed = said.get("count", 0), said.get("seed", 0)
    if not (type(count) is int and type(seed) is int and 1 <= count <= CASES_MAX and 0 <= seed < 2**63):
        raise EvpilotError(f"count must be 1 to {CASES_MAX}, seed 0 or more", file=path, place="sampling")
    return count, seed


def _draws(drawn: dict[str, tuple[float, float, str]], count: int, seed: int) -> list[Values]:
    """The drawn parameters' values, a row for each draw; rounded to what a case's name holds."""
    shares = np.random.default_rng(seed).random((count, len(drawn)))
    rows: list[Values] = []
    for row in shares.tolist():
        values: list[float] = []
        for share, (low, high, how) in zip(row, drawn.values(), strict=True):
            exact = low + share * (high - low) if how == "uniform" else low * (high / low) ** share
            values.append(min(max(float(f"{exact:.6g}"), low), high))
        rows.append(tuple(values))
    return rows


def _seeds(said: object, path: Path) -> Sequence[int]:
    if isinstance(said, list) and said and all(type(seed) is int and seed >= 0 for seed in said):
        return said
    first, colon, last = str(said).partition(":")
    if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last) <= CASES_MAX):
        raise EvpilotError('must be a list of whole numbers, or "A:B" with A < B', file=path, place="seeds")
    return range(int(first), int(last))


def _text(said: dict[str, Any], key: str, path: Path, default: str = "") -> str:
    value = said.get(key, default)
    if not isinstance(value, str) or not value:
        raise EvpilotError("must be a text", file=path, place=key)
    return value


def _number(value: object, path: Path, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise EvpilotError(f"{value!r} is no number", file=path, place=place)
    return float(value)
