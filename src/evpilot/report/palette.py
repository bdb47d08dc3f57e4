"""The colours of every picture: the tokens of the page's style sheet, so that there is one list."""

import re
from functools import cache
from importlib import resources


@cache
def palette(dark: bool = False) -> dict[str, str]:
    """Colour by token (ego, road, warn, ...), as CSS writes it; the dark theme's replace the light one's."""
    style = (resources.files("evpilot.report") / "page" / "style.css").read_text("utf-8")
    found: dict[str, str] = {}
    for theme in (r":root \{", *([r":root\[data-theme=dark\] \{"] if dark else [])):
        block = re.search(theme + r"(.*?)\}", style, re.DOTALL)
        if block is not None:
            found |= {name: value.strip() for name, value in re.findall(r"--(\w+): ([^;]+);", block[1])}
    return found


def ramp(share: float, dark: bool = False) -> str:
    """The speed ramp's colour at 0 (slow) .. 1 (fast), as #rrggbb."""
    stops = [palette(dark)[f"r{i}"] for i in range(4)]
    place = min(max(share, 0.0), 1.0) * 3.0
    low = min(int(place), 2)
    pairs = zip(_parts(stops[low]), _parts(stops[low + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
