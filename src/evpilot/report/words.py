"""Numbers and names as people read them."""

import re
from collections.abc import Sequence


def counted(count: int, what: str) -> str:
    """A number and its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """The verb that goes with a number."""
    return "is" if count == 1 else "are"


def short(digest: str) -> str:
    """A hash as people read it."""
    return " ".join(digest[k : k + 4] for k in (0, 4, 8)) if digest else "none"


def span(values: Sequence[float]) -> str:
    """The ends of an axis."""
    return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"


def listed(names: Sequence[str]) -> str:
    """Names in a row, each once: a, b and c."""
    *most, last = dict.fromkeys(names)
    return f"{', '.join(most)} and {last}" if most else last


def brief(title: str) -> str:
    """A title without what explains it after a comma or a colon."""
    return re.split("[,:]", title)[0]
