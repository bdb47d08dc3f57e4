"""Numbers as XML, TOML and JSON write them, and nothing else that Python would take for one."""

import re

PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
WHOLE = re.compile(r"[+-]?[0-9]{1,18}").fullmatch
# XML Schema part 2, 4.3.6: white space around a number is no part of it
BLANKS = " \t\r\n"


def to_float(text: str) -> float | None:
    """The value of a plain decimal number, None for anything else: no nan, inf, 1e999, 1_0, 0x10 or foreign digits."""
    if PLAIN(text) is None:
        text = text.strip(BLANKS)
        if PLAIN(text) is None:
            return None
    value = float(text)
    return value if -1e300 < value < 1e300 else None


def to_int(text: str) -> int | None:
    """The value of a plain decimal integer of at most 18 digits, None for anything else."""
    text = text.strip(BLANKS)
    return None if WHOLE(text) is None else int(text)
