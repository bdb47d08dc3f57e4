"""`evpilot drive` and `evpilot replay`: drives one by one, each with a folder of its own."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path

from evpilot import runlog
from evpilot.evaluate import Verdict, judge
from evpilot.files import EvpilotError
from evpilot.report import picture, replay
from evpilot.report.terminal.progress import bar
from evpilot.report.terminal.tables import console, drives, linked
from evpilot.runlog import Frame, RunLog
from evpilot.scenarios import Scenario
from evpilot.sweep.driving import drive_with
from evpilot.sweep.run_folder import run_folder, write_records
from evpilot.sweep.settings import Settings


def drive_and_show(worlds: Sequence[tuple[Scenario, int]], settings: Settings, out: Path) -> None:
    """Drive scenarios, each under its seed, write a folder for each, print the verdicts."""
    verdicts: list[Verdict] = []
    folders: list[Path] = []
    for world, number in worlds:
        run = _drive(world, settings, number)
        verdict = judge(run)
        folder = out / folder_name(run)
        with run_folder(folder) as unfinished:
            write_records(unfinished, run, verdict)
            replay.write(run, verdict, unfinished / "replay.html")
        verdicts.append(verdict)
        folders.append(folder)
    screen = console()
    screen.print(drives(verdicts))
    for folder in folders:
        screen.print("replay:", linked(folder / "replay.html"))


def folder_name(run: RunLog) -> str:
    """The name of a run's folder: what tells it from other runs, in letters that every file system takes."""
    head = run.header
    name = f"{head.scenario.removesuffix(f'-{head.seed}')}-{head.traffic}-{head.seed}"
    if head.pilot.rpartition(":")[2] not in ("evpilot", "EvPilot"):
        name += "-" + head.pilot.rpartition(":")[2]
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).lstrip(".")


def replay_run(run: Path, out: Path | None, show: bool) -> None:
    """Judge a recorded run, write its replay page, and open it when asked to."""
    record = _record(run)
    log = runlog.read(record)
    page = out or record.with_name("replay.html")
    replay.write(log, judge(log), page)
    console().print("replay:", linked(page))
    if show:
        webbrowser.open(page.resolve().as_uri())


def draw_moment(run: Path, seconds: float, out: Path) -> None:
    """Draw a moment of a recorded run as SVG."""
    picture.write(runlog.read(_record(run)), seconds, out)
    console().print("picture:", linked(out))


def _record(run: Path) -> Path:
    """The record of a run named by its folder or its file; raises EvpilotError when there is none."""
    record = run / "run.mcap" if run.is_dir() else run
    if not record.is_file():
        raise EvpilotError("there is no such run; name a run's folder or its run.mcap", file=run)
    return record


def _drive(world: Scenario, settings: Settings, seed: int) -> RunLog:
    end = world.last_step * world.dt_ns
    with bar() as progress:
        task = progress.add_task(f"driving {world.name}", total=end * 1e-9)

        def on_tick(frame: Frame) -> None:
            progress.update(task, completed=frame.t_ns * 1e-9)

        return drive_with(world, settings, seed, on_tick)
