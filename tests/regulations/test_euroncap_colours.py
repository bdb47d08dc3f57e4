"""Colours, points and knock-outs of Euro NCAP: by hand, and against the official calculator where it is installed."""

import math
from typing import Any

import numpy as np
import pytest

from evpilot.files import EvpilotError
from evpilot.regulations import Case, CaseResult, Verdict
from evpilot.regulations.euroncap import SUITE, cells, demands, summary
from evpilot.regulations.euroncap.colours import (
    SHEETS,
    Colour,
    avoidance_colour,
    impact_colour,
    points,
    reduction_colour,
    worst,
)
from evpilot.vehicle import platforms

NAMES = {
    "ccrs": ("CCRs",),
    "ccrm": ("CCRm",),
    "ccrb": ("CCRb",),
    "ccfhos": ("CCFhos",),
    "ccftap": ("CCFtap",),
    "cccscp": ("CCCscp",),
    "cpna": ("CPNA day", "CPNA night"),
    "cpfa": ("CPFA day", "CPFA night"),
    "cpnco": ("CPNCO day", "CPNCO night"),
    "cpla": ("CPLA day", "CPLA night"),
    "cbna": ("CBNA",),
    "cbnao": ("CBNAO",),
    "cbfa": ("CBFA",),
    "cbla": ("CBLA",),
}
"""The calculator's sheets of each scenario."""
SPEEDS = (10, 20, 30, 40, 50, 60, 70, 80, 130)


@pytest.mark.parametrize(
    ("speed", "impact", "colour"),
    [
        (20, 0.0, Colour.GREEN),
        (20, 0.1, Colour.RED),
        (30, 9.9, Colour.BROWN),
        (30, 10.0, Colour.RED),
        (40, 9.9, Colour.ORANGE),
        (40, 19.9, Colour.BROWN),
        (60, 9.9, Colour.YELLOW),
        (60, 10.0, Colour.ORANGE),
        (80, 29.9, Colour.BROWN),
        (80, 30.0, Colour.RED),
    ],
)
def test_the_colour_of_an_impact(speed: float, impact: float, colour: Colour) -> None:
    assert impact_colour(speed, impact) is colour


def test_a_test_speed_without_colours_is_refused() -> None:
    with pytest.raises(EvpilotError, match="test speed 35 km/h"):
        impact_colour(35.0, 5.0)


def _made(colours: dict[str, Colour]) -> list[tuple[Case, CaseResult]]:
    """Every case green, but for those named."""
    found: list[tuple[Case, CaseResult]] = []
    for case in SUITE.cases(platforms.load("sedan")):
        colour = colours.get(case.id, Colour.GREEN)
        values: dict[str, Any] = {"colour": colour.value}
        found.append((case, CaseResult(verdict=Verdict.PASS, clause="", reason="", values=values)))
    return found


def test_all_green_gets_all_points_of_the_standard_range() -> None:
    lines = summary(_made({}))
    most = math.fsum(sheet.points for sheet in SHEETS.values())
    assert f"{most:.3f} of {most:g} points" in lines[-1]
    assert demands(_made({})) == ()


@pytest.mark.parametrize(
    "name", ["ccrs/ego_kmh=10,location_pct=0", "ccrs/ego_kmh=20,location_pct=100", "cpna/ego_kmh=10,location_pct=75"]
)
def test_a_knock_out_costs_all_points(name: str) -> None:
    results = _made({name: Colour.RED})
    assert demands(results) == (f"{name} is red: all frontal points are 0",)
    assert summary(results)[-1].split(":")[1].strip().startswith("0.000 of")


def test_another_red_cell_costs_only_its_share() -> None:
    results = _made({"cpna/ego_kmh=60,location_pct=75": Colour.BROWN})
    assert demands(results) == ()
    assert points("cpna", cells(results)["cpna"]) == pytest.approx((17 + 0.25) / 18)


def test_the_worse_side_colours_a_crossing_cars_cell() -> None:
    found = cells(_made({"cccscp/ego_kmh=20,target_kmh=30,side=1": Colour.RED}))["cccscp"]
    assert len(found) == 25
    assert found.count(Colour.RED) == 1
    assert worst((Colour.GREEN, Colour.BROWN, Colour.YELLOW)) is Colour.BROWN


def _calculator() -> tuple[Any, Any]:
    """The official calculator's modules."""
    pytest.importorskip("euroncap_rating_2026")
    from euroncap_rating_2026.crash_avoidance import (  # pyright: ignore[reportMissingImports]
        matrix_processing,
        test_info,
    )

    return matrix_processing, test_info


def _official(name: str, speed: float, value: float) -> str:
    """The official colour of a measured value."""
    matrix, _ = _calculator()
    attributes = {"VUT speed": f"{speed:g} km/h", "Function": "AEB", "Target speed": "15 km/h"}
    point = matrix.TestPoint(row=0, col=0, attributes=attributes, total_rows=10)
    return str(matrix.ComputedTestPoint(point, test_name=name, value=value).measured_color.value).lower()


@pytest.mark.parametrize(
    "sheet", [key for key, one in SHEETS.items() if one.criterion.value == "relative impact speed"]
)
def test_impact_colours_are_the_official_ones(sheet: str) -> None:
    stream = np.random.default_rng(7)
    values = [0.0, 10.0, 20.0, 30.0, *stream.uniform(0.0, 60.0, 60).tolist()]
    for speed in SPEEDS:
        for value in values:
            assert impact_colour(speed, value) == _official(NAMES[sheet][0], speed, value), (speed, value)


def test_the_other_colours_are_the_official_ones() -> None:
    stream = np.random.default_rng(8)
    for value in [0.0, 10.0, 20.0, 30.0, *stream.uniform(0.0, 80.0, 200).tolist()]:
        for name in ("CCFtap", "CCCscp"):
            assert avoidance_colour(value > 0.0) == _official(name, 20, value)
        assert reduction_colour(value) == _official("CCFhos", 50, value), value


@pytest.mark.parametrize("sheet", SHEETS)
def test_points_of_random_tables_are_the_official_ones(sheet: str) -> None:
    matrix, info = _calculator()
    stream = np.random.default_rng(9)
    official = {str(colour.value).lower(): colour for colour in matrix.common.PredictionColor}
    for count in (5, 18, 55):
        colours = [Colour(name) for name in stream.choice([c.value for c in Colour], count)]
        table = [
            matrix.TestPoint(row=k, col=0, color=official[c.value], test_range=matrix.TestRange.STANDARD)
            for k, c in enumerate(colours)
        ]
        total = math.fsum(info.compute_predicted_score(name, table)[0] for name in NAMES[sheet])
        assert points(sheet, colours) == pytest.approx(total, abs=1e-9)
