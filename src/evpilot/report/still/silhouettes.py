"""Road users as SVG, each by its shape, in its own frame (x ahead, metres); page/vehicles.js draws the same."""

from evpilot.types import FIXED, ObjectKind, Signal

HEAVY = (ObjectKind.TRUCK, ObjectKind.BUS, ObjectKind.TRAIN)
LAMPS = {False: ("#D42A0E", "#E08A00"), True: ("#FF5A3C", "#FFC24A")}


def plate(x: float, y: float, length: float, width: float, radius: float, attributes: str) -> str:
    """A rounded rectangle."""
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{length:.2f}" height="{width:.2f}" rx="{radius:.2f}" {attributes}/>'


def shape(kind: ObjectKind, length: float) -> str:
    """Which silhouette a kind of a length has."""
    if kind in (ObjectKind.PEDESTRIAN, ObjectKind.ANIMAL):
        return "walker"
    if kind in (ObjectKind.BICYCLE, ObjectKind.MOTORCYCLE):
        return "rider"
    if kind in (ObjectKind.CONE, ObjectKind.BALL):
        return "dot"
    if kind in (ObjectKind.BUILDING, ObjectKind.BARRIER):
        return "block"
    if kind in (ObjectKind.BUS, ObjectKind.TRAIN):
        return "bus"
    return "tractor" if length > 10.5 else "lorry" if length > 6.4 else "van" if length > 5.4 else "car"


def vehicle(
    kind: ObjectKind, length: float, width: float, fill: str, glass: str, outline: str, signals: int, dark: bool
) -> str:
    """The silhouette with its lamps, to be placed by a transform."""
    body = f'fill="{fill}" stroke="{outline}" stroke-width="0.1"'
    pane = f'fill="{glass}"'
    half, side = length / 2, width / 2
    match shape(kind, length):
        case "walker":
            return (
                f'<ellipse rx="0.28" ry="0.44" fill="{fill}"/>'
                f'<circle cx="0.05" r="0.21" fill="{fill}" stroke="{outline}" stroke-width="0.07"/>'
            )
        case "rider":
            stroke = 0.42 if kind == ObjectKind.MOTORCYCLE else 0.16
            line = f'stroke="{fill}" stroke-linecap="round" fill="none"'
            return (
                f'<path d="M{-half:.2f} 0H{half:.2f}" {line} stroke-width="{stroke}"/>'
                f'<path d="M{length * 0.22:.2f} -0.34V0.34" {line} stroke-width="0.12"/>'
                f'<ellipse cx="-0.05" rx="0.34" ry="0.36" fill="{fill}"/>'
                f'<circle cx="0.08" r="0.19" fill="{fill}" stroke="{outline}" stroke-width="0.07"/>'
            )
        case "dot":
            return f'<circle r="{max(0.22, min(half, side)):.2f}" {body}/>'
        case "block":
            return plate(-half, -side, length, width, 0.1, body)
        case "tractor":
            drawn = plate(half - 2.5, -side + 0.08, 2.5, width - 0.16, 0.4, body)
            drawn += plate(half - 0.95, -side + 0.3, 0.5, width - 0.6, 0.15, pane)
            drawn += plate(-half, -side, length - 2.9, width, 0.18, body)
            seams = "".join(f"M{-half + 3.2 * i:.2f} {-side + 0.3:.2f}v{width - 0.6:.2f}" for i in range(1, 4))
            drawn += f'<path d="{seams}" stroke="{glass}" stroke-width="0.1" opacity="0.35"/>'
        case "lorry" | "bus" as which:
            drawn = plate(-half, -side, length, width, 0.4, body)
            drawn += plate(half - 0.75, -side + 0.25, 0.5, width - 0.5, 0.15, pane)
            if which == "bus":
                hatches = range(int((length - 2.7) / 3.1))
                drawn += "".join(
                    plate(-half + 1.5 + 3.1 * i, -0.55, 1.7, 1.1, 0.2, f'{pane} opacity="0.5"') for i in hatches
                )
        case which:
            drawn = _car(length, width, which == "van", body, pane)
    return _shadow(length, width) + drawn + _lamps(length, width, signals, dark)


def _shadow(length: float, width: float) -> str:
    return plate(-length / 2, -width / 2, length, width, 0.5, 'class="shadow"')


def _car(length: float, width: float, van: bool, body: str, pane: str) -> str:
    f, w = min(1.0, length / 4.2), min(1.0, width / 1.7)
    half, side = length / 2, width / 2
    front, rear = half - (1.15 if van else 1.45) * f, -half + 0.62 * f
    back = front - 0.78 * f
    drawn = plate(-half, -side, length, width, 0.45 if van else min(0.72, width * 0.38), body)
    drawn += (
        f'<path d="M{front:.2f} {-side + 0.34 * w:.2f}L{back:.2f} {-side + 0.26 * w:.2f}V{side - 0.26 * w:.2f}'
        f'L{front:.2f} {side - 0.34 * w:.2f}Q{front + 0.25 * f:.2f} 0 {front:.2f} {-side + 0.34 * w:.2f}Z" {pane}/>'
    )
    if not van:
        drawn += (
            f'<path d="M{rear:.2f} {-side + 0.38 * w:.2f}L{rear + 0.55 * f:.2f} {-side + 0.28 * w:.2f}'
            f'V{side - 0.28 * w:.2f}L{rear:.2f} {side - 0.38 * w:.2f}Z" {pane}/>'
        )
    return drawn


def _lamps(length: float, width: float, signals: int, dark: bool) -> str:
    brake, turn = LAMPS[dark]
    drawn = ""
    if signals & Signal.BRAKE:
        for side in (-1, 1):
            y = side * (width / 2 - 0.42) - 0.22
            drawn += plate(-length / 2 - 0.12, y, 0.34, 0.44, 0.1, f'fill="{brake}"')
    for flag, side in ((Signal.LEFT, 1), (Signal.RIGHT, -1)):
        if signals & (flag | Signal.HAZARD):
            for end in (1, -1):
                x, y = end * (length / 2 - 0.25), side * (width / 2 - 0.12)
                drawn += f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.28" fill="{turn}"/>'
    return drawn


def numbered(kind: ObjectKind) -> bool:
    """Whether an object of a kind carries its number: what moves does."""
    return kind not in FIXED
