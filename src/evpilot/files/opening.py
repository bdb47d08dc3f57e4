"""Reading bytes from outside: an ordinary file of bounded size, or one clear error."""

import stat
from pathlib import Path

from evpilot.files.errors import EvpilotError

BYTES_MAX = 64 * 1024 * 1024


def read_bytes(path: str | Path, limit: int = BYTES_MAX) -> bytes:
    """The contents of an ordinary file of at most `limit` bytes; anything else raises EvpilotError."""
    path = Path(path)
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise EvpilotError("is a folder, must be a file", file=path)
        if not stat.S_ISREG(state.st_mode):
            raise EvpilotError("is a device or pipe, must be an ordinary file", file=path)
        if state.st_size > limit:
            raise EvpilotError(f"{state.st_size} bytes, allowed at most {limit}", file=path)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise EvpilotError("no such file", file=path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise EvpilotError(f"cannot be read ({reason})", file=repr(str(path))) from None
    if len(data) > limit:
        raise EvpilotError(f"more than {limit} bytes, allowed at most {limit}", file=path)
    if not data:
        raise EvpilotError("is empty", file=path)
    return data


def read_text(path: str | Path, limit: int = BYTES_MAX) -> str:
    """The contents of a UTF-8 text file without NUL; anything else raises EvpilotError with its line."""
    data = read_bytes(path, limit)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EvpilotError(
            f"byte 0x{data[error.start]:02x} is not UTF-8 text", file=path, place=f"line {line}"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise EvpilotError("holds a NUL character", file=path, place=f"line {line}")
    return text
