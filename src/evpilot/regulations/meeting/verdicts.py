"""The verdict on a scene's drive: no contact, or contact no faster than allowed, and what physics says to a failure."""

from dataclasses import dataclass

import numpy as np

from evpilot.regulations.meeting.contact import Meetings, Touch, first_touch, meetings, nearest
from evpilot.regulations.meeting.physics import Best, search
from evpilot.regulations.meeting.scene import Scene
from evpilot.regulations.suite import CaseResult, Value, Verdict
from evpilot.runlog.record import Ego, RunLog
from evpilot.types import Platform, Source

KMH = 3.6  # km/h per m/s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What happened in a scene: the first contact, the smallest gap to the target [m], the hardest braking [m/s2,
    positive], when [s] before the meeting the emergency brake came first, and the speed then lost [m/s]."""

    found: Meetings
    touch: Touch | None
    gap: float | None
    braking: float
    emergency: float | None
    reduced: float

    def values(self) -> dict[str, Value]:
        """The columns that every scene has."""
        return {
            "impact_kmh": None if self.touch is None else round(self.touch.relative * KMH, 2),
            "speed_at_impact_kmh": None if self.touch is None else round(self.touch.speed * KMH, 2),
            "impact_location": None if self.touch is None else round(self.touch.location, 3),
            "smallest_gap_m": None if self.gap is None else round(self.gap, 3),
            "hardest_braking_mps2": round(self.braking, 2),
            "emergency_ttc_s": None if self.emergency is None else round(self.emergency, 2),
        }


def outcome(scene: Scene, run: RunLog, platform: Platform, reference: float = 0.0) -> Outcome:
    """Look at a drive; reference [m] is the target's reference point ahead of its box's centre."""
    found = meetings(run, platform)
    touch = first_touch(found, platform, reference)
    driven = found.seconds >= scene.handover - 1e-9
    last = found.seconds <= (touch.seconds if touch is not None else np.inf)
    span = driven & last
    guard = [
        frame.t_ns * 1e-9
        for frame in run.frames
        if frame.decision is not None
        and frame.decision.source == Source.GUARD
        and frame.t_ns * 1e-9 >= scene.handover - 1e-9
    ]
    speed = run.ego[span, Ego.SPEED]
    return Outcome(
        found=found,
        touch=touch,
        gap=nearest(found, 1),
        braking=float(max(-run.ego[span, Ego.ACCEL].min(), 0.0)) if span.any() else 0.0,
        emergency=scene.meeting - guard[0] if guard else None,
        reduced=scene.speed - float(touch.speed if touch is not None else speed[-1] if len(speed) else scene.speed),
    )


def limited(
    scene: Scene, run: RunLog, platform: Platform, clause: str, *, limit: float = 0.0, reference: float = 0.0
) -> CaseResult:
    """Passed without contact or with one no faster than `limit` [m/s] (0: any contact fails). A failure that no braking
    of the car could have avoided is infeasible, with the figure; one at the hand-over's own limits is not searched."""
    seen = outcome(scene, run, platform, reference)
    touch = seen.touch
    if touch is None:
        return CaseResult(
            verdict=Verdict.PASS, clause=clause, reason="no contact", margin=seen.gap, values=seen.values()
        )
    met = limit > 0.0 and touch.relative <= limit
    said = f"contact at {touch.relative * KMH:.1f} km/h, allowed {limit * KMH:.1f} km/h"
    verdict = Verdict.PASS if met else Verdict.FAIL
    if not met:
        best = physics(scene, run, platform)
        if not best.avoids and best.relative > limit:
            verdict = Verdict.INFEASIBLE
        said += f"; {best}"
    return CaseResult(
        verdict=verdict,
        clause=clause,
        reason=said,
        margin=limit - touch.relative,
        contact=True,
        impact_speed=touch.relative,
        values=seen.values(),
    )


def undisturbed(scene: Scene, run: RunLog, platform: Platform, clause: str, most: float) -> CaseResult:
    """Passed when the car never brakes harder than `most` [m/s2] and no emergency braking begins: nothing is in its
    way."""
    seen = outcome(scene, run, platform)
    quiet = seen.braking <= most and seen.emergency is None and seen.touch is None
    said = f"braked with {seen.braking:.2f} m/s2 at most, allowed {most:.2f} m/s2"
    said += "" if seen.emergency is None else "; the emergency brake came on"
    return CaseResult(
        verdict=Verdict.PASS if quiet else Verdict.FAIL,
        clause=clause,
        reason=said if seen.touch is None else "contact",
        margin=most - seen.braking,
        contact=seen.touch is not None,
        impact_speed=None if seen.touch is None else seen.touch.relative,
        values=seen.values(),
    )


def physics(scene: Scene, run: RunLog, platform: Platform) -> Best:
    """What this car's brakes could have done from the first tick on in which the target was told, and what it would do
    could be seen."""
    first = max(scene.handover, scene.reveals)
    for frame in run.frames:
        tracks = frame.observation.tracks
        if tracks is None or 1 in tracks.id:
            first = max(first, frame.t_ns * 1e-9)
            break
    else:
        first = scene.meeting
    return search(scene, platform, run.briefing.limits, first)
