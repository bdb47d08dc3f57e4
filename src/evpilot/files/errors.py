"""The one error that a user sees."""

from pathlib import Path


class EvpilotError(Exception):
    """Bad input, said in one line: what was found, where, and what would be legal.

    file is the path that was read and place the line, element or key in it; both lead the message when given.
    """

    def __init__(self, message: str, *, file: str | Path | None = None, place: str | None = None) -> None:
        self.file = None if file is None else str(file)
        self.place = place
        where = ": ".join(part for part in (self.file, place) if part)
        text = f"{where}: {message}" if where else message
        super().__init__(" ".join(text.split()))
