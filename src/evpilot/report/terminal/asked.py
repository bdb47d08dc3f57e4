"""`evpilot check`, `scenarios`, `platforms`: what there is, and what a scenario asks; no kernel but the readers'.

The readers are imported where they are used, so that their kernels can be compiled with a bar before.
"""

from collections.abc import Sequence

from evpilot.report.terminal.consumption import claimed_range
from evpilot.report.terminal.tables import console, marked, plain_table
from evpilot.scenarios import Scenario, load
from evpilot.vehicle import platforms


def show_library() -> None:
    """Print the built-in scenarios."""
    from evpilot.scenarios import library

    table = plain_table("name", "what it asks")
    for name in library.names(long=True):
        table.add_row(name, library.describe(name))
    console().print(table)


def show_platforms() -> None:
    """Print the built-in cars."""
    right = ("kg", "kW", "kWh", "range [km]")
    table = plain_table("key", "car", *right, right=right)
    for key in platforms.names():
        car = platforms.load(key)
        energy = f"{car.battery_energy / 3.6e6:.1f}"
        table.add_row(key, car.name, f"{car.mass:.0f}", f"{car.drive_power / 1e3:.0f}", energy, claimed_range(car))
    console().print(table)


def show_scenario(name: str) -> None:
    """Print what a scenario holds and asks, and what is wrong with it. Raises EvpilotError when it cannot be read."""
    from evpilot.scenarios import library
    from evpilot.scenarios.check import check

    report = check(name)
    table = plain_table("", report.name)
    for label, text in report.facts:
        table.add_row(label, text)
    told = library.parse(name)
    if told is not None:
        table.add_row("others", library.characters(told[0]))
    for number, goal in enumerate(report.goals, 1):
        table.add_row("goal" if len(report.goals) == 1 else f"goal {number}", goal)
    screen = console()
    screen.print(table)
    for finding in report.findings:
        screen.print(marked(f"{'problem' if finding.serious else 'note'}: {finding.text}", not finding.serious))
    if report.sound:
        screen.print(marked("sound", True))


def scenarios_of(names: Sequence[str], seed: int) -> list[tuple[Scenario, int]]:
    """The named scenarios, the built-in tour when none is named, each with its seed: the one that its name tells, else
    the given one. Raises EvpilotError when one of them cannot be loaded."""
    from evpilot.scenarios import library

    found: list[tuple[Scenario, int]] = []
    for name in names or library.names()[:1]:
        told = library.parse(name)
        found.append((load(name, seed), seed if told is None or told[1] is None else told[1]))
    return found
