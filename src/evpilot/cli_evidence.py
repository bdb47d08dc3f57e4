"""The command line of the evidence: `evpilot suite`, `sweep`, `results`, `merge`, `dossier`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# Everything else is imported where it is used, so that --help does not wait for it.


class KeyOrCommand(TyperGroup):
    """A group in which a word that is no command is the key of a suite to run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the words after the group's name."""
        known = not args or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["run", *args])


app = typer.Typer(cls=KeyOrCommand, no_args_is_help=True, help="Drive a regulation's suite: evpilot suite KEY.")

Pilot = Annotated[
    str, typer.Option("--pilot", metavar="MODULE:CLASS", help="evpilot, idm, blind, ..., or your own class.")
]
Car = Annotated[str, typer.Option("--platform", metavar="P", help="The car: a built-in key or a TOML file.")]
Every = Annotated[int, typer.Option("--every", metavar="N", min=1, help="Only every N-th case of each group.")]
Workers = Annotated[int, typer.Option("--workers", metavar="N", min=1, help="Processes, one thread each.")]
Shard = Annotated[str, typer.Option("--shard", metavar="I/N", help="Only the I-th of N parts; see evpilot merge.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where a stopped run left off.")]
Budget = Annotated[float, typer.Option("--budget", metavar="S", help="Seconds for one case; over it, it failed.")]
Ray = Annotated[str, typer.Option("--ray", metavar="ADDRESS", help='A Ray cluster; "local" starts one here.')]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")]


@app.command("list")
def list_suites() -> None:
    """List the suites and their groups."""
    from evpilot.report.terminal.suites import show_suites

    show_suites()


@app.command("run", hidden=True)
def run(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As in suite list; or your own as module:NAME.")],
    pilot: Pilot = "evpilot",
    platform: Car = "sedan",
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="G", help="Only these; may be repeated.")
    ] = None,
    every: Every = 1,
    workers: Workers = 1,
    shard: Shard = "1/1",
    resume: Resume = False,
    budget: Budget = 600.0,
    ray: Ray = "",
    out: Out = Path("results"),
) -> None:
    """Drive and judge the suite's cases; write results.parquet and summary.json."""
    from evpilot.report.terminal.suites import run_and_show
    from evpilot.sweep.engine import Runner
    from evpilot.sweep.settings import Settings

    runner = Runner(workers=workers, shard=shard, resume=resume, budget=budget, ray=ray)
    run_and_show(key, Settings(pilot=pilot, platform=platform), group or (), every, runner, out)


@app.command("models")
def models(
    grid: Annotated[str, typer.Option("--grid", metavar="GRID", help="cut-in-low, cut-in-high, cut-out or following.")],
    csv: Annotated[Path, typer.Option("--csv", metavar="FILE", help="Where the table goes.")],
) -> None:
    """Write every case of a UN R157 grid with its outcome under each reference driver."""
    from evpilot.report.terminal.suites import write_models

    write_models(grid, csv)


@app.command("replay")
def replay(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The suite.")],
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case by name, as results and dossier print it.")],
    pilot: Pilot = "evpilot",
    platform: Car = "sedan",
    out: Out = Path("runs"),
) -> None:
    """Drive one case again and write its run folder with its replay."""
    from evpilot.report.terminal.suites import replay_case
    from evpilot.sweep.settings import Settings

    replay_case(key, case, Settings(pilot=pilot, platform=platform), out)


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file: scenario, parameters, criterion.")],
    pilot: Annotated[str, typer.Option("--pilot", metavar="MODULE:CLASS", help="Instead of the file's.")] = "",
    platform: Annotated[str, typer.Option("--platform", metavar="P", help="Instead of the file's.")] = "",
    every: Every = 1,
    workers: Workers = 1,
    shard: Shard = "1/1",
    resume: Resume = False,
    budget: Budget = 600.0,
    ray: Ray = "",
    out: Out = Path("results"),
) -> None:
    """Drive and judge the cases that a TOML file describes."""
    from evpilot.report.terminal.suites import sweep_and_show
    from evpilot.sweep.engine import Runner

    runner = Runner(workers=workers, shard=shard, resume=resume, budget=budget, ray=ray)
    sweep_and_show(file, pilot, platform, every, runner, out)


def results(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Of a sweep, finished or not.")],
    query: Annotated[str, typer.Argument(metavar="[SQL]", help="DuckDB's SQL over the table `results`.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the answer to a file.")] = None,
) -> None:
    """Ask a sweep's results a question in SQL, as in "SELECT verdict, count(*) FROM results GROUP BY verdict"."""
    from evpilot.report.terminal.suites import show_query

    show_query(folder, query, csv)


def merge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the whole sweep's results.")],
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD...", help="The folders of all its shards.")],
) -> None:
    """Put the shards of one sweep together."""
    from evpilot.report.terminal.suites import merge_and_show

    merge_and_show(out, shards)


def dossier(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS...", help="Folders of suites' results.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the site goes.")] = Path("dossier"),
    replays: Annotated[int, typer.Option("--replays", metavar="N", min=0, help="Failures with a replay page.")] = 20,
    pdf: Annotated[bool, typer.Option("--pdf", help='Also dossier.pdf; needs "evpilot\\[pdf]".')] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the dossier of suites' results: one site that an engineer can hand over."""
    from evpilot.report.terminal.suites import write_dossier

    write_dossier(results, out, replays, pdf=pdf, show=show)


def add_to(main: typer.Typer) -> None:
    """Add the commands to the program."""
    main.add_typer(app, name="suite")
    for command in (sweep, results, merge, dossier):
        main.command()(command)
