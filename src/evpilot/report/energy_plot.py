"""A driven cycle as a picture: speed, power at the battery, and where the energy went; SVG in the page's colours."""

import html

import numpy as np

from evpilot.report.palette import palette
from evpilot.types import Platform, Spent
from evpilot.types.state import Array
from evpilot.vehicle.cycles.follow import Bench

WIDTH, HEIGHT = 960, 560
LEFT, RIGHT = 74, 24
ROWS = ((52, 190), (222, 400))  # of speed and of power: top and bottom
BAR = (444, 470)
POINTS_MAX = 1_200
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
PARTS = (
    ("air", (Spent.AIR,), "ego"),
    ("rolling", (Spent.ROLLING, Spent.SLIP, Spent.CORNERING), "ink3"),
    ("motor", (Spent.MOTOR,), "warn"),
    ("gear", (Spent.GEAR,), "caution"),
    ("brakes", (Spent.FRICTION,), "ink"),
    ("auxiliaries", (Spent.AUXILIARY, Spent.CLIMATE), "ink2"),
    ("battery", (Spent.BATTERY,), "line"),
)


def plot(run: Bench, car: Platform) -> str:
    """The picture of a driven cycle as SVG text."""
    colour = palette()
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FONT}" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour["surface"]}"/>',
        _text(LEFT, 26, f"{car.name}: {run.battery_per_km:.0f} Wh/km at the battery", colour["ink"], size=16),
        _text(LEFT, 43, f"{run.trace.title}; {run.wall_per_km:.0f} Wh/km at the wall", colour["ink2"]),
    ]
    every = max(1, len(run.time) // POINTS_MAX)
    time = run.time[::every] / run.time[-1]
    x = LEFT + time * (WIDTH - LEFT - RIGHT)
    kmh, kw = 3.6 * run.speed[::every], run.power[::every] / 1e3
    out += _axis(ROWS[0], "km/h", 0.0, float(kmh.max()), colour)
    out.append(_line(x, _place(kmh, 0.0, float(kmh.max()), ROWS[0]), colour["ego"]))
    low, high = min(float(kw.min()), 0.0), max(float(kw.max()), 1.0)
    out += _axis(ROWS[1], "kW", low, high, colour)
    zero = float(_place(np.zeros(1), low, high, ROWS[1])[0])
    for part, tone in ((np.maximum(kw, 0.0), "ink3"), (np.minimum(kw, 0.0), "good")):
        y = _place(part, low, high, ROWS[1])
        edge = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        shape = f"{x[0]:.1f},{zero:.1f} {edge} {x[-1]:.1f},{zero:.1f}"
        out.append(f'<polygon points="{shape}" fill="{colour[tone]}" fill-opacity="0.55"/>')
    share = 100.0 * run.recuperated_share
    out.append(_text(LEFT + 6, ROWS[1][1] - 6, f"recuperated: {share:.0f} % of what braking took", colour["good"]))
    out += _bar(run, colour)
    return "\n".join([*out, "</svg>"]) + "\n"


def _bar(run: Bench, colour: dict[str, str]) -> list[str]:
    """Where it went, as one bar with its shares below."""
    amounts = [max(sum(float(run.spent[column]) for column in columns), 0.0) for _, columns, _ in PARTS]
    whole = max(sum(amounts), 1.0)
    out, at = [_text(LEFT, BAR[0] - 8, "where it went [Wh/km]", colour["ink2"])], float(LEFT)
    for k, ((name, _, tone), amount) in enumerate(zip(PARTS, amounts, strict=True)):
        wide = (WIDTH - LEFT - RIGHT) * amount / whole
        out.append(
            f'<rect x="{at:.1f}" y="{BAR[0]}" width="{wide:.1f}" height="{BAR[1] - BAR[0]}" fill="{colour[tone]}"/>'
        )
        at += wide
        x, y = LEFT + 122 * k, BAR[1] + 26
        out.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour[tone]}"/>')
        per_km = amount / 3.6 / max(run.distance, 1.0)
        out.append(_text(x + 15, y, f"{name} {per_km:.1f}", colour["ink2"]))
    return out


def _place(values: Array, low: float, high: float, row: tuple[int, int]) -> Array:
    return row[1] - (values - low) / max(high - low, 1e-9) * (row[1] - row[0])


def _axis(row: tuple[int, int], unit: str, low: float, high: float, colour: dict[str, str]) -> list[str]:
    out: list[str] = []
    for value in sorted({low, 0.0, high}):
        y = float(_place(np.array([value]), low, high, row)[0])
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{colour["line"]}"/>')
        out.append(_text(LEFT - 8, y + 4, f"{value:.0f} {unit}", colour["ink3"], anchor="end"))
    return out


def _line(x: Array, y: Array, colour: str) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round"/>'


def _text(x: float, y: float, words: str, colour: str, *, size: int = 12, anchor: str = "start") -> str:
    text = html.escape(words)
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{text}</text>'
