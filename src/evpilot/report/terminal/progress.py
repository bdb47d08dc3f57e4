"""Progress bars on stderr."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evpilot.sweep.warm import warm_up

READERS = ("scenarios.commonroad", "scenarios.library")


def bar(*, counted: bool = False) -> Progress:
    """An empty progress display that vanishes when it is done, and shows nothing where stderr is no terminal; counted
    shows "3/60" instead of a share."""
    share = MofNCompleteColumn() if counted else TextColumn("{task.percentage:>3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), share, TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def ready_to_read() -> None:
    """Compile what reading a scenario needs, should the cache lack it: a small part of all."""
    warmed_up(READERS)


def warmed_up(of: Sequence[str] = ()) -> None:
    """Compile what the kernels' cache lacks (of some modules only where they are named), with a bar while it lasts."""
    with bar(counted=True) as progress:
        task = progress.add_task("loading", total=None)

        def on_module(module: str, done: int, count: int) -> None:
            text = f"compiling, once for each version: {module}"
            progress.update(task, description=text, completed=done, total=count)

        warm_up(on_module, of=of)
