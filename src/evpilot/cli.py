"""The command line: `evpilot drive`, `score`, `compare`, `check`, `replay`, `scenarios`, `platforms`; the commands of
suites and dossiers are in `cli_evidence`.

Exit code 0: it ran, whatever the verdict. 2: bad input, said in one line on stderr.
"""

import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from evpilot import cli_evidence
from evpilot.files import EvpilotError
from evpilot.report.terminal import electric

# Everything else is imported where it is used, so that --help does not wait for it.

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="evpilot",
    help="Drive, judge and replay an electric car in recorded and simulated traffic.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PilotOption = Annotated[
    str,
    typer.Option("--pilot", metavar="MODULE:CLASS", help="evpilot, a yardstick (idm, blind, ...), or your own class."),
]
PlatformOption = Annotated[str, typer.Option("--platform", metavar="P", help="The car: a built-in key or a TOML file.")]
BelievedOption = Annotated[
    str,
    typer.Option("--planner-platform", metavar="P", help="The car as the planner believes it; the same by default."),
]
TrafficOption = Annotated[
    str,
    typer.Option("--traffic", metavar="KIND", help="replay, reactive or mixed; by default as the scenario is made."),
]
SensorOption = Annotated[str, typer.Option("--sensor", metavar="NAME", help="perfect, occluded or noisy.")]
EcoOption = Annotated[float, typer.Option("--eco", metavar="0..1", help="How much saving energy counts.")]
ChargeOption = Annotated[float, typer.Option("--charge", metavar="%", help="State of charge at the start.")]
TemperatureOption = Annotated[float, typer.Option("--temperature", metavar="C", help="Of air and battery.")]


def main() -> None:
    """Run the command line; bad input ends it with one line and exit code 2."""
    # typer may carry its own copy of click: the common base of its errors is found through one that it exports
    bases = cast(tuple[type[Exception], ...], typer.BadParameter.__mro__)
    usage_errors = tuple(base for base in bases if base.__name__ == "ClickException")
    try:
        code = app(standalone_mode=False)
    except EvpilotError as error:
        code = _refuse(str(error))
    except usage_errors as error:
        code = _refuse(getattr(error, "format_message", error.__str__)())
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(message: str) -> int:
    sys.stderr.write(f"evpilot: {' '.join(message.split())}\n")
    return BAD_INPUT


def _version(wanted: bool) -> None:
    if wanted:
        from evpilot import __version__

        typer.echo(f"evpilot {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Drive, judge and replay an electric car in recorded and simulated traffic."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def drive(
    scenario: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Files or built-in names.")
    ] = None,
    pilot: PilotOption = "evpilot",
    platform: PlatformOption = "sedan",
    planner_platform: BelievedOption = "",
    traffic: TrafficOption = "",
    sensor: SensorOption = "perfect",
    eco: EcoOption = 0.0,
    charge: ChargeOption = 80.0,
    temperature: TemperatureOption = 20.0,
    arrive_with: Annotated[
        float | None, typer.Option("--arrive-with", metavar="%", help="The least charge at the goal.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn by chance.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the run folders go.")] = Path("runs"),
) -> None:
    """Drive scenarios in closed loop, judge the drives, write their replays. With none named: a tour of the city."""
    from evpilot.report.terminal.asked import scenarios_of
    from evpilot.report.terminal.progress import ready_to_read, warmed_up
    from evpilot.sweep.pilots import kernels_for
    from evpilot.sweep.settings import Settings

    settings = Settings(
        pilot=pilot,
        platform=platform,
        planner_platform=planner_platform,
        traffic=traffic,
        sensor=sensor,
        eco=eco,
        charge=charge,
        temperature=temperature,
        arrive_with=arrive_with,
    )
    settings.check()
    ready_to_read()
    worlds = scenarios_of(scenario or [], seed)
    warmed_up(kernels_for(pilot))

    from evpilot.report.terminal.single import drive_and_show

    drive_and_show(worlds, settings, out)


@app.command()
def score(
    folder: Annotated[
        str, typer.Argument(metavar="[FOLDER]", help='Of scenario files; or "library" for the built-in.')
    ] = "",
    library: Annotated[bool, typer.Option("--library", help="The built-in scenarios.")] = False,
    family: Annotated[
        list[str] | None, typer.Option("--family", metavar="F", help="Of the library, only these; may be repeated.")
    ] = None,
    difficulty: Annotated[
        str, typer.Option("--difficulty", metavar="D", help="Of the library: 0 to 1, or spread over the seeds.")
    ] = "",
    pilot: PilotOption = "evpilot",
    platform: PlatformOption = "",
    planner_platform: BelievedOption = "",
    traffic: TrafficOption = "",
    sensor: SensorOption = "perfect",
    eco: EcoOption = 0.0,
    charge: ChargeOption = 80.0,
    temperature: TemperatureOption = 20.0,
    seeds: Annotated[str, typer.Option(metavar="A:B", help="Seeds from A up to, but without, B.")] = "0:1",
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Processes, one thread each.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a killed sweep stopped.")] = False,
    solutions: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write CommonRoad solutions: the car is their BMW 320i, kinematic, exactly."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go.")] = Path("results"),
) -> None:
    """Drive and judge every scenario below a folder, or of the library; write results.parquet and summary.json."""
    from evpilot.report.terminal.many import score_and_show
    from evpilot.sweep.settings import Settings

    numbers = _seeds(seeds)
    hard = _difficulty(difficulty)
    wanted = bool(library or family or difficulty)
    if wanted == bool(folder) and folder != "library":
        raise EvpilotError("name either a FOLDER of scenario files or --library")
    car = platform or ("bmw320i" if solutions is not None else "sedan")
    settings = Settings(
        pilot=pilot,
        platform=car,
        planner_platform=planner_platform,
        traffic=traffic,
        sensor=sensor,
        limits="verdict" if solutions is not None else "road",
        eco=eco,
        charge=charge,
        temperature=temperature,
    )
    score_and_show(
        folder or "library",
        settings,
        seeds=numbers,
        workers=workers,
        resume=resume,
        solutions=solutions,
        families=family or (),
        difficulty=hard,
        out=out,
    )


@app.command()
def compare(
    results_a: Annotated[Path, typer.Argument(metavar="RESULTS_A", help="A results folder, or its results.parquet.")],
    results_b: Annotated[Path, typer.Argument(metavar="RESULTS_B", help="The one to hold against it.")],
) -> None:
    """What got better and what got worse from one sweep to another."""
    from evpilot.report.terminal.many import show_changes

    show_changes(results_a, results_b)


@app.command()
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or a built-in name.")],
) -> None:
    """Is this scenario sound, and what does it ask?"""
    from evpilot.report.terminal.asked import show_scenario
    from evpilot.report.terminal.progress import ready_to_read

    ready_to_read()
    show_scenario(file)


@app.command()
def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or its run.mcap.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The page; replay.html beside the run.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Judge a recorded run anew and write its replay page."""
    from evpilot.report.terminal.single import replay_run

    replay_run(run, out, show)


@app.command()
def scenarios() -> None:
    """List the built-in scenarios."""
    from evpilot.report.terminal.asked import show_library
    from evpilot.report.terminal.progress import ready_to_read

    ready_to_read()
    show_library()


@app.command()
def platforms() -> None:
    """List the built-in cars."""
    from evpilot.report.terminal.asked import show_platforms

    show_platforms()


app.command()(electric.energy)
app.command("range")(electric.journey)
app.add_typer(electric.platform_app, name="platform")
cli_evidence.add_to(app)


def _difficulty(text: str) -> float | None:
    """A difficulty as 0..1 or "spread", None for none; raises EvpilotError on anything else."""
    from evpilot.sweep.scoring import SPREAD

    if text in ("", "spread"):
        return SPREAD if text else None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise EvpilotError(f"--difficulty {text!r}, allowed 0 to 1, or spread")
    return value


def _seeds(text: str) -> range:
    """Seeds as A:B; raises EvpilotError on anything else."""
    first, colon, last = text.partition(":")
    if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last)):
        raise EvpilotError(f"--seeds {text!r}, allowed A:B with 0 <= A < B, as in 0:3")
    return range(int(first), int(last))


if __name__ == "__main__":
    main()
