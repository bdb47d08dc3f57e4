"""`evpilot energy`, `evpilot range` and `evpilot platform`: what a car takes, how far it comes, and files of cars.

What they do is imported where it is used: the help must not wait.
"""

from pathlib import Path
from typing import Annotated

import typer

platform_app = typer.Typer(help="Check or begin a platform file.", no_args_is_help=True, add_completion=False)


def energy(
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="A built-in key or a TOML file.")] = "sedan",
    cycle: Annotated[
        str, typer.Option("--cycle", metavar="C", help="nedc, udds, hwfet, us06, wltc3b, cltc-p, or a CSV file.")
    ] = "nedc",
    charge: Annotated[float, typer.Option("--charge", metavar="%", help="State of charge at the start.")] = 90.0,
    temperature: Annotated[float, typer.Option("--temperature", metavar="C", help="Of air and battery.")] = 20.0,
    mass: Annotated[float, typer.Option("--mass", metavar="KG", help="The platform's test mass by default.")] = 0.0,
    climate: Annotated[bool, typer.Option("--climate", help="Keep the cabin at 22 degrees.")] = False,
    computer: Annotated[bool, typer.Option("--computer", help="Run the driving computer.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The plot, as SVG.")] = None,
) -> None:
    """What a car takes on a driving cycle: at battery and wall, its range, and where it went."""
    from evpilot.report.terminal.consumption import show_energy

    show_energy(
        platform, cycle, charge=charge, temperature=temperature, mass=mass, climate=climate, computer=computer, out=out
    )


def journey(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="A .toml or .csv file of legs, or a scenario.")],
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="A built-in key or a TOML file.")] = "sedan",
    charge: Annotated[float, typer.Option("--charge", metavar="%", help="State of charge at the start.")] = 80.0,
    arrive_with: Annotated[
        float | None, typer.Option("--arrive-with", metavar="%", help="The least charge at the end.")
    ] = None,
    temperature: Annotated[
        float, typer.Option("--temperature", metavar="C", help="Where the route tells none.")
    ] = 20.0,
    headwind: Annotated[float, typer.Option("--headwind", metavar="KMH", help="In addition to the route's.")] = 0.0,
    mass: Annotated[float, typer.Option("--mass", metavar="KG", help="The platform's test mass by default.")] = 0.0,
    climate: Annotated[bool, typer.Option("--climate/--no-climate", help="Keep the cabin at 22 degrees.")] = True,
    computer: Annotated[bool, typer.Option("--computer/--no-computer", help="Run the driving computer.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of a scenario of the library.")] = 0,
) -> None:
    """What a route takes and how sure that is; how fast to drive and where to charge to arrive with enough."""
    from evpilot.report.terminal.journey import show_journey

    show_journey(
        route,
        platform,
        charge=charge,
        arrive_with=arrive_with,
        temperature=temperature,
        headwind=headwind,
        mass=mass,
        climate=climate,
        computer=computer,
        seed=seed,
    )


@platform_app.command("check")
def check_platform(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A TOML file, or a built-in key.")],
) -> None:
    """Is this a car that can be, and what can it do?"""
    from evpilot.report.terminal.consumption import show_platform

    show_platform(file)


@platform_app.command("new")
def new_platform(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The car's key; NAME.toml is written.")],
) -> None:
    """Begin a platform file: a sound car, each key with its meaning, unit and bounds."""
    from evpilot.report.terminal.consumption import begin_platform

    begin_platform(name)
