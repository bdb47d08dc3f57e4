"""`evpilot range`: a route's energy, how sure that is, and how a request of it is met or why it is refused."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from evpilot.files import EvpilotError
from evpilot.report.terminal.consumption import told_conditions
from evpilot.report.terminal.progress import ready_to_read, warmed_up
from evpilot.report.terminal.tables import console, marked, plain_table
from evpilot.report.words import counted
from evpilot.types import Platform
from evpilot.vehicle import platforms
from evpilot.vehicle.journey.reading import SUFFIXES, read_route
from evpilot.vehicle.journey.route import Route
from evpilot.vehicle.journey.spreads import LASTING, STRIKING, WANDERING
from evpilot.vehicle.powertrain.conditions import KELVIN, Conditions

if TYPE_CHECKING:  # their kernels are compiled with a bar before they are imported
    from evpilot.vehicle.journey.prediction import Prediction
    from evpilot.vehicle.journey.request import Answer, Request

KERNELS = ("vehicle.journey.request",)
KWH = 3.6e6  # [J]
WET, SNOWY = 0.85, 0.45  # grip below which a scenario's road counts as wet, and as snowy
NAMES = {"air": "air drag", "drive": "motor losses", "mass": "payload"}
FEW = 3  # causes that are named


def show_journey(
    route: str,
    platform: str,
    *,
    charge: float,
    arrive_with: float | None,
    temperature: float,
    headwind: float,
    mass: float,
    climate: bool,
    computer: bool,
    seed: int,
) -> None:
    """Predict a route and answer a request of it. Raises EvpilotError on bad input, before anything is compiled."""
    car = platforms.load(platform)
    told_conditions(charge, temperature, mass)
    for name, value, low, high, unit in (
        ("--arrive-with", 0.0 if arrive_with is None else arrive_with, 0.0, 100.0, "%"),
        ("--headwind", headwind, -140.0, 140.0, "km/h"),
    ):
        if not low <= value <= high:
            raise EvpilotError(f"{value:g} {unit}, allowed {low:g} to {high:g} {unit}", place=name)
    conditions = Conditions(charge=0.01 * charge, temperature=KELVIN + temperature, climate=climate, computer=computer)
    way = _against(_route_of(route, seed), headwind / 3.6)
    warmed_up(KERNELS)

    from evpilot.vehicle.journey.request import Request

    request = Request(car, way, conditions, least=0.01 * (arrive_with or 0.0), mass=mass)
    screen = console()
    if arrive_with is None:
        screen.print(_table(car, request, request.prediction(1.0)))
        return
    answer = request.answer()
    screen.print(_table(car, request, answer.prediction, answer))
    if answer.plan is None:
        screen.print(marked(f"refused: {answer.refusal}", False))
    else:
        screen.print(marked(f"arrives with at least {arrive_with:g} %", True))


def _route_of(text: str, seed: int) -> Route:
    """The route of a file, or of a scenario through its map."""
    if text.lower().endswith(SUFFIXES):
        return read_route(text)
    ready_to_read()
    warmed_up(("vehicle.journey.mapped",))

    from evpilot.scenarios import load
    from evpilot.vehicle.journey.mapped import route_on

    world = load(text, seed)
    surface = "snow" if world.friction < SNOWY else "wet" if world.friction < WET else "dry"
    return route_on(world.graph, world.goals, world.start, name=world.name, surface=surface)


def _against(route: Route, headwind: float) -> Route:
    if headwind == 0.0:
        return route
    legs = tuple(dataclasses.replace(leg, headwind=leg.headwind + headwind) for leg in route.legs)
    blown = dataclasses.replace(route, legs=legs)
    blown.validate()
    return blown


def _table(car: Platform, request: "Request", prediction: "Prediction", answer: "Answer | None" = None) -> Table:
    table = plain_table("", car.name)
    route = request.route
    lights, signs = (sum(getattr(leg, key) for leg in route.legs) for key in ("lights", "stop_signs"))
    stops = f"{counted(lights, 'light')}, {counted(signs, 'stop sign')}"
    table.add_row("route", f"{route.name}: {_length(route.length)}, {stops}")
    if prediction.pace < 1.0:
        table.add_row("pace", f"{100 * prediction.pace:.0f} % of the limits, down to 60 km/h")
    table.add_row("driving time", _duration(float(prediction.time[-1])))
    low, high = prediction.interval()
    mean = float(prediction.drawn[-1])
    per_km = mean / 3.6 / route.length
    show: Callable[[float], str] = _energy if mean > 0.1 * KWH else _small
    table.add_row("energy", f"{show(mean)}, with 90 % between {show(low)} and {show(high)}; {per_km:.0f} Wh/km")
    table.add_row("unsure", _causes(prediction))
    if answer is None:
        _add_charge(table, car, request, prediction)
    elif answer.plan is not None:
        for stop in answer.plan.stops:
            where, levels = stop.charger, f"{100 * stop.arrival:.0f} to {100 * stop.departure:.0f} %"
            took = f"{_duration(stop.charging)} at up to {where.power / 1e3:.0f} kW, {_duration(stop.seconds)} in all"
            table.add_row(f"charge at {where.at / 1e3:.0f} km", f"{where.name}: from {levels}, {took}")
        plan = answer.plan
        low = f"with {100 * answer.sure:g} % not below {100 * plan.arrival_low:.0f} %"
        table.add_row("charge at the end", f"{100 * plan.arrival:.0f} %, {low}")
        table.add_row("time in all", _duration(plan.seconds))
    return table


def _add_charge(table: Table, car: Platform, request: "Request", prediction: "Prediction") -> None:
    """What one charge does, with no request made."""
    start = request.conditions.charge
    mean, sd = prediction.between(0.0, float(prediction.ends[-1]))
    ends = [request.tank.after(start, mean + z * sd) for z in (0.0, 1.645, -1.645)]
    text = (
        f"{100 * start:.0f} % to {100 * ends[0]:.0f} %, with 90 % between {100 * ends[1]:.0f} and {100 * ends[2]:.0f} %"
    )
    table.add_row("charge", text if ends[0] > 0.0 else f"{100 * start:.0f} % do not last: ask with --arrive-with")
    if mean > 0.0:
        left = request.tank.held(start) / mean * request.route.length
        table.add_row("range like this", f"{left / 1e3:.0f} km on {request.tank.held(start) / KWH:.1f} kWh")


def _causes(prediction: "Prediction") -> str:
    """The largest causes of the interval, as shares of the energy."""
    chances = np.sqrt(prediction.chances(0.0, float(prediction.ends[-1])))
    size = np.concatenate([np.abs(prediction.deviation[:, -1]), chances]) / max(abs(float(prediction.inside[-1])), 1.0)
    parts = dict(zip((*LASTING, *WANDERING, *STRIKING), size, strict=True))
    largest = sorted(parts, key=lambda name: -parts[name])[:FEW]
    return ", ".join(f"{NAMES.get(name, name)} {100 * parts[name]:.1f} %" for name in largest) + " (one sd)"


def _energy(joule: float) -> str:
    return f"{joule / KWH:.2f} kWh"


def _small(joule: float) -> str:
    return f"{joule / 3.6e3:.1f} Wh"


def _length(metres: float) -> str:
    return f"{metres / 1e3:.1f} km" if metres >= 2e3 else f"{metres:.0f} m"


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
