"""The verdict on a case that is compared with reference drivers."""

from collections.abc import Callable

from evpilot.regulations.r157.clauses import CALM, COMPARED, LANE_KEPT
from evpilot.regulations.r157.facts import CALM_BRAKE, CALM_SPEED, SHADOW_BRAKE, Facts
from evpilot.regulations.suite import CaseResult, Value, Verdict

LEAVING = 0.0  # [m] over the lane's edge


def compared(
    found: Facts,
    impacts: dict[str, float | None],
    required: tuple[str, ...],
    feasible: Callable[[], bool],
    *,
    demanded: str = "",
    calm_speed: float | None = None,
) -> CaseResult:
    """The verdict. impacts: each reference driver's impact speed [m/s], None where it has no contact; required: those
    whom we must not be worse than; feasible: whether this car could have avoided it, asked only when it did not;
    demanded: the clause that itself demands this case, empty for none; calm_speed [m/s]: the set speed in a case in
    which nothing may be braked for."""
    contact = found.touch.happened
    missed = tuple(name for name in required if contact and impacts[name] is None)
    infeasible = contact and bool(missed or demanded) and not feasible()
    values: dict[str, Value] = {
        "kind": ("beside" if found.touch.beside else "behind") if contact else "none",
        "steered": found.steered,
        "over_edge_m": found.left,
        "shadow_brake": found.shadow,
        "brake": found.brake,
        "slowest_mps": found.slowest,
        "demanded": bool(demanded),
        "early_end_agrees": found.early,
        **{f"{name}_impact_mps": speed for name, speed in impacts.items()},
    }
    verdict, clause, reason = _decide(found, missed, infeasible, demanded, calm_speed)
    return CaseResult(
        verdict=verdict,
        clause=clause,
        reason=reason,
        margin=found.touch.margin,
        contact=contact,
        impact_speed=found.touch.impact_speed,
        references={name: speed is not None for name, speed in impacts.items()},
        preventable=missed,
        values=values,
    )


def _decide(
    found: Facts, missed: tuple[str, ...], infeasible: bool, demanded: str, calm_speed: float | None
) -> tuple[Verdict, str, str]:
    contact = found.touch.happened
    if infeasible:
        return Verdict.INFEASIBLE, demanded or COMPARED.place, "no braking or holding of this car avoids it"
    if missed:
        return Verdict.FAIL, COMPARED.place, f"contact that {', '.join(missed)} avoids"
    if contact and demanded:
        return Verdict.FAIL, demanded, "contact that the clause itself demands to be avoided"
    if found.left > LEAVING:
        return Verdict.FAIL, LANE_KEPT.place, f"left its lane by {found.left:.2f} m"
    timid = timidity(found, calm_speed)
    if timid:
        return Verdict.FAIL, CALM.place, timid
    if found.early is False:
        return Verdict.FAIL, COMPARED.place, "contact after the drive's outcome was taken as certain"
    if contact:
        return Verdict.PASS, COMPARED.place, f"contact at {found.touch.impact:.1f} m/s that no reference driver avoids"
    return Verdict.PASS, COMPARED.place, "no contact"


def timidity(found: Facts, calm_speed: float | None) -> str:
    """How a limit against timidity is broken, or nothing."""
    if found.shadow > SHADOW_BRAKE:
        return f"braked {found.shadow:.2f} m/s2 in shadow, allowed {SHADOW_BRAKE:g}"
    if calm_speed is None:
        return ""
    if found.brake > CALM_BRAKE:
        return f"braked {found.brake:.2f} m/s2 for who stays in its lane, allowed {CALM_BRAKE:g}"
    if found.slowest < CALM_SPEED * calm_speed:
        return f"slowed to {found.slowest:.1f} m/s, allowed {CALM_SPEED * calm_speed:.1f}"
    return ""
