"""Finding a pilot by name: ours run in this process, anybody else's in a child process of their own."""

import importlib
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from typing import cast

from evpilot.files import EvpilotError
from evpilot.sweep.warm import A_DRIVE
from evpilot.types import Briefing, Pilot

DEFAULT_PILOT = "evpilot.pilot:EvPilot"
SHORT = {
    "evpilot": DEFAULT_PILOT,
    "idm": "evpilot.pilot.baselines.idm:IdmPilot",
    "blind": "evpilot.pilot.baselines.blind:BlindPilot",
    "reckless": "evpilot.pilot.baselines.reckless:RecklessPilot",
    "late": "evpilot.pilot.baselines.faulty:LatePilot",
    "braking": "evpilot.pilot.baselines.faulty:BrakingPilot",
    "creeping": "evpilot.pilot.baselines.faulty:CreepingPilot",
    "tailgating": "evpilot.pilot.baselines.faulty:TailgatingPilot",
    "pedestrian-blind": "evpilot.pilot.baselines.faulty:PedestrianBlindPilot",
    "deaf": "evpilot.pilot.baselines.faulty:DeafPilot",
    "panicking": "evpilot.pilot.baselines.faulty:PanickingPilot",
    "heedless": "evpilot.pilot.baselines.faulty:HeedlessPilot",
    "fsm": "evpilot.pilot.baselines.careful:FsmPilot",
    "cc_jrc": "evpilot.pilot.baselines.careful:CcJrcPilot",
    "cc_annex3": "evpilot.pilot.baselines.careful:CcAnnex3Pilot",
    "rss": "evpilot.pilot.baselines.careful:RssPilot",
    "reg157": "evpilot.pilot.baselines.careful:Reg157Pilot",
    "frozen": "evpilot.pilot.baselines.frozen:FrozenPilot",
    "privileged": "evpilot.pilot.baselines.privileged:PrivilegedPilot",
    "steady": "evpilot.pilot.baselines.guard_only:SteadyPilot",
    "guard_only": "evpilot.pilot.baselines.guard_only:GuardOnlyPilot",
    "guard_driver": "evpilot.pilot.baselines.guard_only:GuardDriverPilot",
}


def pilot_maker(name: str) -> Callable[[Briefing], Pilot]:
    """What makes the pilot of a name: one in `SHORT`, `module:Class` or `file.py:Class`.

    A class of this package is returned as it is. Any other runs in a child process with a time budget, so that its
    faults are the drive's, not the program's. Raises EvpilotError when the name cannot be one.
    """
    module, cls = _parts(name)
    if _is_own(module):
        return own_class(module, cls)
    dotted = f"{_importable(module, name)}:{cls}"
    from evpilot.simulate.child import ChildPilot

    def child(briefing: Briefing) -> Pilot:
        return cast(Pilot, ChildPilot(dotted, briefing))

    return child


def kernels_for(name: str) -> tuple[str, ...]:
    """The modules (dotted, without the package's name) whose kernels, with those of what they import, a drive of a
    pilot needs, shown and judged; none named, so all, for a pilot that is not ours: it may use anything."""
    module, _ = _parts(name)
    return (*A_DRIVE, module.removeprefix("evpilot.")) if _is_own(module) else ()


def check_pilot(name: str) -> None:
    """Raise EvpilotError unless there is a pilot of a name; a foreign one is looked for in a child process, and one
    with a short name is not imported, for that may compile its kernels."""
    if name in SHORT or name in SHORT.values():
        return
    module, cls = _parts(name)
    if _is_own(module):
        own_class(module, cls)
        return
    from evpilot.simulate import child

    child.check(f"{_importable(module, name)}:{cls}")


def _parts(name: str) -> tuple[str, str]:
    """Module (or file) and class of a pilot's name; raises EvpilotError when it has no such form."""
    module, colon, cls = SHORT.get(name, name).rpartition(":")
    if not colon or not cls.isidentifier() or not module:
        short = ", ".join(SHORT)
        raise EvpilotError(f"pilot {name!r}, allowed {short}, or your own as module:Class or path/to/file.py:Class")
    return module, cls


def _is_own(module: str) -> bool:
    return module.split(".")[0] == "evpilot"


def own_class(module: str, cls: str) -> Callable[[Briefing], Pilot]:
    """A pilot class of this package; raises EvpilotError when there is none."""
    try:
        found = getattr(importlib.import_module(module), cls, None)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        found = None
    if found is None:
        raise EvpilotError(f"pilot {module}:{cls}: evpilot has no such class")
    return cast(Callable[[Briefing], Pilot], found)


def _importable(module: str, name: str) -> str:
    """The module's dotted name, a file's folder being put on the path; raises EvpilotError when it is not there."""
    if module.endswith(".py"):
        file = Path(module).resolve()
        if not file.is_file():
            raise EvpilotError("there is no such file", file=module, place=f"pilot {name!r}")
        if str(file.parent) not in sys.path:
            sys.path.append(str(file.parent))
        return file.stem
    top = module.split(".")[0]
    if PathFinder.find_spec(top, [*sys.path, str(Path.cwd())]) is None:
        raise EvpilotError(f"pilot {name!r}: no module {top!r} is installed or in this folder")
    return module
