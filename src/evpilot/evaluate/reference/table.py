"""Every case of a grid with its outcome under each reference driver: what `evpilot suite models` writes."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.reference import grids
from evpilot.evaluate.reference.models import Model
from evpilot.files import EvpilotError
from evpilot.types.state import Array, Ints

GRIDS = ("cut-in-low", "cut-in-high", "cut-out", "following")
STARTED = (Model.FSM, Model.CC_JRC, Model.RSS)  # those that have a start gap of their own


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutcomeTable:
    """columns: the parameters' names with their units, then the drivers' (and for cut-outs, whether the leader ran into
    the standing car); cases (N, P) the parameters; outcome (N, C) 0 no contact, 1 beside or ahead, 2 into the rear."""

    columns: tuple[str, ...]
    cases: Array
    outcome: Ints

    def csv(self) -> str:
        """The table as text, a header and a line for each case; speeds, gaps as whole numbers, the last parameter with
        as many decimals as its grid has."""
        lines = [",".join(self.columns)]
        for case, outcome in zip(self.cases.tolist(), self.outcome.tolist(), strict=True):
            whole = [f"{value:g}" for value in case[:-1]]
            lines.append(",".join([*whole, str(case[-1]), *map(str, outcome)]))
        return "\n".join(lines) + "\n"


def outcome_table(grid: str) -> OutcomeTable:
    """The table of a grid, one of `GRIDS`, in the columns of the published outcomes of the low cut-ins; raises
    EvpilotError when there is no such grid."""
    if grid not in GRIDS:
        raise EvpilotError(f"grid {grid!r}, allowed {', '.join(GRIDS)}")
    if grid.startswith("cut-in"):
        cases = grids.cut_ins(grid.removeprefix("cut-in-"))
        names = ("ego_kmh", "cut_in_kmh", "gap_m", "lateral_speed_mps")
        models = (Model.FSM, Model.CC_JRC, Model.RSS, Model.REG157)
        outcome = [grids.run_cut_ins(model, cases)[0] for model in models]
        return _table(names, cases, [_name(model) for model in models], outcome)
    drivers = [_name(model) for model in STARTED]
    if grid == "following":
        cases = grids.followings()
        outcome = [grids.run_followings(model, cases)[0] for model in STARTED]
        return _table(("speed_kmh", "brake_g"), cases, drivers, outcome)
    cases = grids.cut_outs()
    runs = [grids.run_cut_outs(model, cases) for model in STARTED]
    columns = drivers + [f"{name}_leader_contact" for name in drivers]
    outcome = [run[0] for run in runs] + [run[2].astype(np.int64) for run in runs]
    return _table(("speed_kmh", "distance_m", "lateral_speed_mps"), cases, columns, outcome)


def _name(model: Model) -> str:
    return model.name.lower()


def _table(names: tuple[str, ...], cases: Array, columns: list[str], outcome: list[Ints]) -> OutcomeTable:
    return OutcomeTable(columns=(*names, *columns), cases=cases, outcome=np.column_stack(outcome))
