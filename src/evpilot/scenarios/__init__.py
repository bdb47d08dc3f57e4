"""The Scenario record, its readers, and the built-in library."""

import difflib
from pathlib import Path

from evpilot.files import EvpilotError
from evpilot.scenarios.scenario import Actor, Behaviour, LightProgram, Motion, Scenario, Trigger

__all__ = ["Actor", "Behaviour", "LightProgram", "Motion", "Scenario", "Trigger", "load"]


def load(name_or_path: str | Path, seed: int = 0) -> Scenario:
    """A scenario of the built-in library by name, or one read from a CommonRoad file.

    seed varies a library scenario; its name may say more: `cut_in-3`, `cut_in@seed=3,difficulty=0.8`. Raises
    EvpilotError with the nearest names when it is neither.
    """
    # the readers and the library compile kernels when imported; a record needs neither
    from evpilot.scenarios import commonroad, library

    path = Path(name_or_path)
    names = library.names(long=True)
    if (told := library.parse(str(name_or_path))) is not None:
        family, own, difficulty = told
        return library.build(
            family, seed if own is None else own, library.DIFFICULTY if difficulty is None else difficulty
        )
    if path.suffix == ".xml" or path.exists():
        return commonroad.read(path)
    near = difflib.get_close_matches(str(name_or_path), names, n=3, cutoff=0.4) or list(names)
    raise EvpilotError(f"is neither a file nor a library scenario; nearest in name: {', '.join(near)}", file=path)
