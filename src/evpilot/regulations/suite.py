"""What a regulation's suite is made of: its clauses, its cases, the staged drive of each, and the verdict on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from evpilot.files import EvpilotError
from evpilot.runlog import RunLog
from evpilot.scenarios import Scenario
from evpilot.sense.config import PERFECT, SensorConfig
from evpilot.simulate.staging import Approach
from evpilot.types import ROAD, EgoState, Limits, Observation, Platform, Truth

Value = float | int | str | bool | None


class Verdict(StrEnum):
    """What a clause says of one case. Only `PASS` is a pass."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    INFEASIBLE = "infeasible"  # no motion of this car could have met the clause: shown with the search that says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One requirement: its place in the regulation ("UN R157 5.2.5.2"), what it asks in our own words, and whether its
    figures were read in the official text; an unconfirmed one says so wherever it appears."""

    place: str
    requirement: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A parameter of a group's cases: its name with its unit as the regulation writes it (`ego_kmh`), what it means,
    and the values on the grid, ascending."""

    name: str
    meaning: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases of one kind that share their clauses and parameters: what a coverage map is drawn of.

    axes: the parameters in the order of the cases' identifiers; map_axes: the names of the two a map is drawn over (x,
    y), empty for none. references: the careful drivers its cases are held against, as columns of a result. margin:
    what a result's margin measures, with its unit.
    """

    key: str
    title: str
    clauses: tuple[str, ...]
    axes: tuple[Axis, ...]
    map_axes: tuple[str, str] | None = None
    references: tuple[str, ...] = ()
    margin: str = "smallest distance to the other [m]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One concrete case: its group and a value for each of the group's axes, in the regulation's own units. seed is of
    the sensor's noise, where a case is repeated."""

    suite: str
    group: str
    parameters: tuple[tuple[str, float], ...]
    seed: int = 0

    @property
    def id(self) -> str:
        """The case by name, as in "cut-in-low/ego_kmh=60,other_kmh=20,gap_m=17,lateral_mps=0.8"."""
        values = ",".join(f"{name}={value:g}" for name, value in self.parameters)
        return f"{self.group}/{values}" + (f"#{self.seed}" if self.seed else "")

    def __getitem__(self, name: str) -> float:
        """A parameter's value; raises KeyError when the case has none of that name."""
        return dict(self.parameters)[name]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """All that one case's drive needs.

    platform: the car as this case prescribes it, None for the car under test as it is; believed: the car as the pilot
    believes it, None for the same. told: what becomes of each observation before the pilot has it. approach: what is
    driven before the pilot has the car. unseen: objects by id that enter the observation only from a time [ns] on.
    decided: asked in every tick with the car and the truth, whether the outcome is certain, so that the drive may end;
    None drives to the scenario's end. instead: which pilot, by its short name, takes another's place in this case (a
    driver who does something, in the seat of one who does nothing).
    """

    scenario: Scenario
    traffic: str = "replay"
    sensor: SensorConfig = PERFECT
    limits: Limits = ROAD
    platform: Platform | None = None
    believed: Platform | None = None
    told: Callable[[Observation], Observation] | None = None
    approach: Approach | None = None
    unseen: tuple[tuple[int, int], ...] = ()
    decided: Callable[[EgoState, Truth], bool] | None = None
    instead: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """The verdict on one driven case.

    clause: the place of the clause that decided. reason: one phrase. margin: by how much the case was passed (positive)
    or failed, in what its group measures, None where nothing was measured. contact: whether anything was touched;
    impact_speed [m/s] relative, None without contact. references: for each reference driver whether it had contact.
    preventable: contact that a reference driver avoids. values: further columns, the same for all cases of a group.
    """

    verdict: Verdict
    clause: str
    reason: str
    margin: float | None = None
    contact: bool = False
    impact_speed: float | None = None
    references: dict[str, bool] = field(default_factory=dict)
    preventable: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suite:
    """A regulation's suite. cases: all of them for a car; stage: how one is driven; judge: the verdict on its log.

    edition: of the regulation. demands: what holds of all results together, such as a tolerated number of failures:
    given the cases with their results, a line for each demand that is not met. summary: likewise, lines that sum the
    results up, such as a score.
    """

    key: str
    title: str
    edition: str
    clauses: tuple[Clause, ...]
    groups: tuple[Group, ...]
    cases: Callable[[Platform], Sequence[Case]]
    stage: Callable[[Case, Platform], Stage]
    judge: Callable[[Case, RunLog, Platform], CaseResult]
    demands: Callable[[Sequence[tuple[Case, CaseResult]]], tuple[str, ...]] | None = None
    summary: Callable[[Sequence[tuple[Case, CaseResult]]], tuple[str, ...]] | None = None

    def group(self, key: str) -> Group:
        """The group of a key; raises EvpilotError when there is none."""
        for group in self.groups:
            if group.key == key:
                return group
        raise EvpilotError(f"suite {self.key} has no group {key!r}, allowed {', '.join(g.key for g in self.groups)}")

    def case(self, text: str) -> Case:
        """The case of an identifier, whether or not it is on the grid; raises EvpilotError when it cannot be one."""
        path, _, seed = text.partition("#")
        key, _, values = path.partition("/")
        axes = self.group(key).axes
        pairs = [part.partition("=") for part in values.split(",")]
        wanted = ",".join(f"{axis.name}=..." for axis in axes)
        if [name for name, _, _ in pairs] != [axis.name for axis in axes] or (seed and not seed.isdecimal()):
            raise EvpilotError(f"case {text!r}, must read {key}/{wanted}, with #SEED for a repeat")
        parameters: list[tuple[str, float]] = []
        for (name, _, value), axis in zip(pairs, axes, strict=True):
            number = _number(value)
            if number is None or not axis.values[0] <= number <= axis.values[-1]:
                bounds = f"{axis.values[0]:g} to {axis.values[-1]:g}"
                raise EvpilotError(f"case {text!r}: {name} is {value!r}, allowed {bounds}")
            parameters.append((name, number))
        return Case(suite=self.key, group=key, parameters=tuple(parameters), seed=int(seed or 0))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
