"""Coverage maps: a group's cases over two of its parameters, each cell coloured by what became of it."""

import html
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from evpilot.regulations import Axis, Group
from evpilot.sweep.statistics import outcome
from evpilot.sweep.table import Row

KINDS: tuple[str, ...] = ("comfortable", "hard", "better", "both", "preventable", "failed", "error")
RANK = {
    kind: rank for rank, kind in enumerate(("comfortable", "hard", "better", "both", "error", "failed", "preventable"))
}
FILL = ("o1", "o2", "o3", "o4", "warn", "caution", "ink3")
WIDTH, LEFT, TOP, BOTTOM, HEIGHT = 660, 52, 8, 44, 300
TALLEST, LOWEST = 48, 110  # of a cell: few rows make a low picture; and of all, so that its label has room
DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 5")
REFERENCES_DRAWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The cases of a group that agree in all parameters but the map's two."""

    fixed: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]

    def title(self, group: Group) -> str:
        """The values that all its cases share."""
        axes = {axis.name: axis for axis in group.axes}
        return ", ".join(f"{axes[name].meaning} {value:g} {unit(name)}".strip() for name, value in self.fixed)


def slices(group: Group, rows: Sequence[Row]) -> list[Slice]:
    """A group's slices, in the grid's order; none without map_axes."""
    if group.map_axes is None:
        return []
    others = [axis.name for axis in group.axes if axis.name not in group.map_axes]
    apart: dict[tuple[float, ...], list[Row]] = {}
    for row in rows:
        apart.setdefault(tuple(row[name] for name in others), []).append(row)
    return [Slice(fixed=tuple(zip(others, values, strict=True)), rows=tuple(found)) for values, found in apart.items()]


def telling(found: Sequence[Slice], count: int) -> list[Slice]:
    """The slices that show most: those with the most kinds of outcome, failures before all; in the grid's order."""

    def worth(item: Slice) -> tuple[int, int, int]:
        kinds = [outcome(row) for row in item.rows]
        return sum(kind in ("preventable", "failed", "error") for kind in kinds), len(set(kinds)), len(kinds)

    best = sorted(range(len(found)), key=lambda k: worth(found[k]), reverse=True)[:count]
    return [found[k] for k in sorted(best)]


def worst(group: Group, rows: Sequence[Row]) -> dict[tuple[float, float], Row]:
    """The worst row over all other parameters, by the map's two values."""
    assert group.map_axes is not None
    found: dict[tuple[float, float], Row] = {}
    for row in rows:
        place = row[group.map_axes[0]], row[group.map_axes[1]]
        if place not in found or RANK[outcome(row)] > RANK[outcome(found[place])]:
            found[place] = row
    return found


def picture(group: Group, rows: Sequence[Row], *, references: bool = True) -> str:
    """The map as SVG with the page's colours, of rows with one place each (a slice's, or the worst of all). With
    references the boundaries of the group's first careful drivers are drawn in."""
    axes = {axis.name: axis for axis in group.axes}
    assert group.map_axes is not None
    across, up = axes[group.map_axes[0]], axes[group.map_axes[1]]
    cells = {(row[across.name], row[up.name]): row for row in rows}
    grid = Grid(across, up)
    parts = [_cells(grid, cells), _grid_lines(grid)]
    if references:
        for number, name in enumerate(_drawn(rows, group)):
            path = _boundary(grid, cells, f"ref_{name}")
            dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
            halo = f'<path d="{path}" class="halo"/>' if not number else ""
            parts.append(f'{halo}<path d="{path}" class="edge"{dash}/>')
    parts += [_marks(grid, cells), _scales(grid)]
    label = html.escape(f"{group.title}: {up.meaning} over {across.meaning}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {grid.height:.1f}" class="map" role="img" aria-label="{label}" '
        f'data-cells="{html.escape(_data(grid, cells), quote=True)}">{"".join(parts)}</svg>'
    )


def _drawn(rows: Sequence[Row], group: Group) -> list[str]:
    asked = [name for name in group.references if any(row.get(f"ref_{name}") is not None for row in rows)]
    return asked[:REFERENCES_DRAWN]


def drawn(group: Group, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The references whose boundaries the group's maps show, each with its dashes."""
    return list(zip(_drawn(rows, group), DASHES, strict=False))


class Grid:
    """Where the cells of two axes lie on the picture."""

    def __init__(self, across: Axis, up: Axis) -> None:
        self.across, self.up = across, up
        self.x, self.y = sorted(across.values), sorted(up.values)
        self.w = (WIDTH - LEFT - 10) / len(self.x)
        self.h = max(min(HEIGHT - TOP - BOTTOM, TALLEST * len(self.y)), LOWEST) / len(self.y)
        self.height = TOP + BOTTOM + self.h * len(self.y)

    def place(self, column: int, row: int) -> tuple[float, float]:
        """The upper left corner of a cell; row 0 is the lowest."""
        return LEFT + column * self.w, TOP + (len(self.y) - 1 - row) * self.h


Cells = dict[tuple[float, float], Row]


def _cells(grid: Grid, cells: Cells) -> str:
    """All cells, one path for each outcome, runs along a row joined."""
    paths = dict.fromkeys(KINDS, "")
    for row, y in enumerate(grid.y):
        kinds = [outcome(cells[x, y]) if (x, y) in cells else "" for x in grid.x]
        column = 0
        for kind, run in itertools.groupby(kinds):
            length = len(list(run))
            if kind:
                left, top = grid.place(column, row)
                paths[kind] += f"M{left:.1f} {top:.1f}h{length * grid.w:.1f}v{grid.h:.1f}h{-length * grid.w:.1f}z"
            column += length
    left, top = grid.place(0, len(grid.y) - 1)
    size = f'width="{len(grid.x) * grid.w:.1f}" height="{len(grid.y) * grid.h:.1f}"'
    drawn = [f'<rect x="{left:.1f}" y="{top:.1f}" {size} class="empty"/>']
    for kind, fill in zip(KINDS, FILL, strict=True):
        if paths[kind]:
            drawn.append(f'<path d="{paths[kind]}" fill="var(--{fill})"/>')
            if kind == "both":
                drawn.append(f'<path d="{paths[kind]}" fill="url(#hatch)"/>')
    return "".join(drawn)


def _grid_lines(grid: Grid) -> str:
    top, height = TOP, len(grid.y) * grid.h
    lines = "".join(f"M{LEFT + k * grid.w:.1f} {top}v{height:.1f}" for k in range(1, len(grid.x)))
    lines += "".join(f"M{LEFT} {top + k * grid.h:.1f}h{len(grid.x) * grid.w:.1f}" for k in range(1, len(grid.y)))
    return f'<path d="{lines}" class="lines"/>'


def _boundary(grid: Grid, cells: Cells, column: str) -> str:
    """Edges between neighbours of which a reference driver has contact in one only; of cells that were not driven, the
    edge lies half-way between their nearest driven neighbours in the row."""
    path = ""
    known = [[_contact(cells.get((x, y)), column) for x in grid.x] for y in grid.y]
    for row, line in enumerate(known):
        there = [k for k, value in enumerate(line) if value is not None]
        for a, b in itertools.pairwise(there):
            if line[a] != line[b]:
                left, top = grid.place(0, row)
                path += f"M{left + (a + b + 1) / 2.0 * grid.w:.1f} {top:.1f}v{grid.h:.1f}"
    for row, (low, high) in enumerate(itertools.pairwise(known)):
        for k, (a, b) in enumerate(zip(low, high, strict=True)):
            if a is not None and b is not None and a != b:
                left, top = grid.place(k, row)
                path += f"M{left:.1f} {top:.1f}h{grid.w:.1f}"
    return path


def _contact(row: Row | None, column: str) -> bool | None:
    return None if row is None or row.get(column) is None else bool(row[column])


def _marks(grid: Grid, cells: Cells) -> str:
    """A cross on every failure, so that colour is not all that tells."""
    path = ""
    for row, y in enumerate(grid.y):
        for column, x in enumerate(grid.x):
            if (x, y) in cells and outcome(cells[x, y]) in ("preventable", "failed", "error"):
                left, top = grid.place(column, row)
                size = 0.3 * min(grid.w, grid.h)
                cx, cy = left + 0.5 * grid.w, top + 0.5 * grid.h
                path += f"M{cx - size:.1f} {cy - size:.1f}l{2 * size:.1f} {2 * size:.1f}"
                path += f"m0 {-2 * size:.1f}l{-2 * size:.1f} {2 * size:.1f}"
    return f'<path d="{path}" class="cross"/>' if path else ""


def _scales(grid: Grid) -> str:
    parts: list[str] = []
    bottom = TOP + len(grid.y) * grid.h
    for k in _ticks(len(grid.x), 8):
        x = LEFT + (k + 0.5) * grid.w
        parts.append(f'<text x="{x:.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{grid.x[k]:g}</text>')
    for k in _ticks(len(grid.y), 7):
        y = grid.place(0, k)[1] + 0.5 * grid.h + 4
        parts.append(f'<text x="{LEFT - 6}" y="{y:.1f}" text-anchor="end">{grid.y[k]:g}</text>')
    middle = LEFT + 0.5 * len(grid.x) * grid.w
    name = html.escape(_named(grid.across))
    parts.append(f'<text x="{middle:.1f}" y="{grid.height - 6:.1f}" text-anchor="middle">{name}</text>')
    turn = f"translate(11 {TOP + 0.5 * (bottom - TOP):.1f}) rotate(-90)"
    parts.append(f'<text transform="{turn}" text-anchor="middle">{html.escape(_named(grid.up))}</text>')
    return "".join(parts)


UNITS = {"kmh": "km/h", "mps": "m/s", "m": "m", "s": "s", "g": "g", "deg": "degrees", "percent": "%"}


def unit(name: str) -> str:
    """The unit that an axis's name ends in, as it is written; empty for none."""
    return UNITS.get(name.rpartition("_")[2], "")


def _named(axis: Axis) -> str:
    return ", ".join(filter(None, (axis.meaning, unit(axis.name))))


def _ticks(count: int, most: int) -> list[int]:
    step = max(1, -(-count // most))
    return list(range(0, count, step))


def _data(grid: Grid, cells: Cells) -> str:
    """What the pointer reads: the axes and a letter for each cell, row by row from below."""
    letters = "".join(
        str(KINDS.index(outcome(cells[x, y]))) if (x, y) in cells else "." for y in grid.y for x in grid.x
    )
    frame = [LEFT, TOP, round(grid.w, 4), round(grid.h, 4)]
    names = [_named(grid.across), _named(grid.up)]
    return json.dumps({"x": grid.x, "y": grid.y, "o": letters, "frame": frame, "names": names}, separators=(",", ":"))
