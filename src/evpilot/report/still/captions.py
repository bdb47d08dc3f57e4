"""The words of a still picture."""

import html
import math

from evpilot.report.palette import palette, ramp
from evpilot.report.still.view import View, held, phrase
from evpilot.runlog import Ego, Frame, RunLog


def captions(run: RunLog, frame: Frame, view: View) -> list[str]:
    """The reason on its card, the speed, and what the ramp's colours mean."""
    colours, out, reason = palette(view.dark), list[str](), phrase(frame)
    if reason:
        colour = colours["warn" if held(frame) else "ego"]
        wide = 40 + 10.0 * len(reason)
        out.append(
            f'<rect x="18" y="18" width="{wide:.0f}" height="44" rx="10" fill="{colours["surface"]}" opacity="0.94"/>'
            f'<rect x="18" y="18" width="5" height="44" rx="2.5" fill="{colour}"/>'
            f'<text x="37" y="46" font-size="18" font-weight="600" fill="{colours["ink"]}">{html.escape(reason)}</text>'
        )
    speed = round(frame.truth.ego.speed * 3.6)
    low = view.height - 22
    out.append(
        f'<text x="20" y="{low}" font-size="44" font-weight="640" letter-spacing="-1.5" fill="{colours["ink"]}">'
        f'{speed}<tspan dx="9" font-size="14" font-weight="400" letter-spacing="0" fill="{colours["ink2"]}">km/h'
        "</tspan></text>"
    )
    slow, quick = ramp_ends(float(run.ego[:, Ego.SPEED].min()), float(run.ego[:, Ego.SPEED].max()))
    right = view.width - 20
    stops = "".join(f'<stop offset="{i / 3:.2f}" stop-color="{ramp(i / 3, view.dark)}"/>' for i in range(4))
    words = f'font-size="11.5" fill="{colours["ink2"]}"'
    out.append(
        f'<linearGradient id="ramp">{stops}</linearGradient>'
        f'<text x="{right}" y="{low - 24}" text-anchor="end" {words}>planned speed, km/h</text>'
        f'<rect x="{right - 132}" y="{low - 18}" width="132" height="6" rx="3" fill="url(#ramp)"/>'
        f'<text x="{right - 132}" y="{low + 2}" {words}>{slow:.0f}</text>'
        f'<text x="{right}" y="{low + 2}" text-anchor="end" {words}>{quick:.0f}</text>'
    )
    return out


def ramp_ends(slow: float, quick: float) -> tuple[float, float]:
    """The speeds [km/h] at the ends of the ramp, in tens."""
    high = max(math.ceil(quick * 0.36) * 10.0, 30.0)
    return min(max(0.0, math.floor(slow * 0.36) * 10.0), max(0.0, high - 30.0)), high
