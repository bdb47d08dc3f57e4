"""Writing so that a file or folder is either whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from evpilot.files.errors import EvpilotError


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then rename: a reader sees the old one or the new one, whole.

    Missing folders above it are made. Raises EvpilotError when it cannot be written.
    """
    path = Path(path)
    spare: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, spare = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(spare).chmod(0o666 & ~_umask())
        Path(spare).replace(path)
    except OSError as error:
        raise EvpilotError(f"cannot be written ({error.strerror})", file=path) from None
    finally:
        if spare is not None:
            Path(spare).unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, text.encode())


@contextmanager
def whole_folder(path: str | Path) -> Generator[Path]:
    """A new folder to fill, under a temporary name beside `path`, renamed to it when the block ends without error.

    An older folder of that name is replaced; on an error it stays and the new one is removed. Raises EvpilotError
    when the folder cannot be made.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        spare = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        spare.chmod(0o777 & ~_umask())
    except OSError as error:
        raise EvpilotError(f"cannot be made ({error.strerror})", file=path) from None
    try:
        yield spare
        _swap(spare, path)
    finally:
        shutil.rmtree(spare, ignore_errors=True)


def _swap(new: Path, path: Path) -> None:
    """Put a folder in another's place; the old one is removed only when the new one is there."""
    try:
        if not path.exists():
            new.replace(path)
            return
        old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
        path.replace(old / path.name)
        new.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise EvpilotError(f"cannot be replaced ({error.strerror})", file=path) from None


def _umask() -> int:
    """The permissions that this process withholds; there is no way to ask but to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
