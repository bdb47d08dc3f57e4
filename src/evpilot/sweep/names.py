"""What a user names as `module:name` or `path/to/file.py:name`."""

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError


@cache
def imported(name: str) -> Any:
    """The object of a name; raises EvpilotError, saying what is missing, when it cannot be had."""
    module, colon, attribute = name.rpartition(":")
    if not colon or not module or not attribute.isidentifier():
        raise EvpilotError(f"{name!r}, must read module:name or path/to/file.py:name")
    try:
        found = _from_file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    except EvpilotError:
        raise
    except Exception as error:  # noqa: BLE001  a user's module may fail in any way; the line says how
        raise EvpilotError(f"importing {module!r} raised {type(error).__name__}: {error}") from None
    if not hasattr(found, attribute):
        raise EvpilotError(f"{module} has no {attribute!r}")
    return getattr(found, attribute)


def _from_file(path: Path) -> Any:
    """A module by its file, under a name of its own, so that two files of one name do not meet."""
    if not path.is_file():
        raise EvpilotError("there is no such file", file=path)
    name = f"evpilot_user_{path.stem}_{abs(hash(str(path.resolve()))):x}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
