"""Who touched whom, how, and whose fault it was: nuPlan's classes (nuplan-devkit, no_ego_at_fault_collisions)."""

import numpy as np

from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.encounters import Encounters
from evpilot.evaluate.facts.road import Place
from evpilot.evaluate.reference.careful import CarefulDriver
from evpilot.evaluate.verdict import Collision, Contact
from evpilot.geometry.boxes import boxes_overlap
from evpilot.types import VULNERABLE, ObjectKind
from evpilot.types.state import Bools

STOPPED = 0.05  # [m/s] nuplan-devkit: slower is standing
BEHIND = np.deg2rad(150.0)  # nuplan-devkit is_agent_behind: bearing of what comes from behind
OBJECTS = (
    ObjectKind.CONE,
    ObjectKind.BARRIER,
    ObjectKind.BUILDING,
    ObjectKind.ANIMAL,
    ObjectKind.BALL,
)
ALLOWED = {"people": 0, "vehicles": 0, "objects": 1}
"""How many contacts nuPlan's score survives, per class."""


def collisions(drive: Drive, place: Place, meetings: Encounters, careful: CarefulDriver) -> tuple[Collision, ...]:
    """Every first touch in order of time, checked at planning ticks.

    An overlap that the drive begins with is told apart and counts nowhere while it lasts; a later touch of the same
    object counts.
    """
    others = drive.others
    old = begun(drive, meetings)
    found: list[Collision] = []
    known: set[tuple[int, bool]] = set()
    for row in np.flatnonzero(meetings.touch):
        key = int(others.id[row]), bool(old[row])
        if key not in known:
            known.add(key)
            found.append(_collision(drive, place, meetings, careful, int(row), key[1]))
    return tuple(found)


def begun(drive: Drive, meetings: Encounters) -> Bools:
    """Rows (R,) of objects that have overlapped the car without a break since the start of the drive."""
    others = drive.others
    rows = np.zeros(len(others.id), np.bool_)
    still = others.id[: others.start[1]]
    for tick in range(len(drive)):
        span = slice(int(others.start[tick]), int(others.start[tick + 1]))
        rows[span] = meetings.touch[span] & np.isin(others.id[span], still)
        still = others.id[span][rows[span]]
        if not len(still):
            break
    return rows


def contact_score(found: tuple[Collision, ...]) -> float:
    """nuPlan's NC: the product over classes of max(0, 1 - n / (k + 1)), n the collisions at fault, k as `ALLOWED`."""
    score = 1.0
    for name, allowed in ALLOWED.items():
        count = sum(1 for one in found if one.at_fault and not one.at_start and kind_class(one.kind) == name)
        score *= max(0.0, 1.0 - count / (allowed + 1))
    return score


def kind_class(kind: ObjectKind) -> str:
    """nuPlan's class of an object: people (on foot or bicycle), objects, or vehicles (parked and unknown ones too)."""
    if kind in VULNERABLE:
        return "people"
    return "objects" if kind in OBJECTS else "vehicles"


def _collision(
    drive: Drive, place: Place, meetings: Encounters, careful: CarefulDriver, row: int, at_start: bool
) -> Collision:
    others = drive.others
    tick = int(others.tick[row])
    contact = _contact(drive, meetings, row)
    astray = not place.one_lane[tick] or bool(np.any(place.corner[tick] > 0.0))
    fault = contact in (Contact.FRONT, Contact.STOPPED_TRACK) or (contact == Contact.LATERAL and astray)
    return Collision(
        t_ns=int(drive.t_ns[tick]),
        object_id=int(others.id[row]),
        kind=ObjectKind(int(others.kind[row])),
        contact=contact,
        at_fault=fault and not at_start,
        relative_speed=float(np.hypot(*(others.velocity[row] - drive.velocity[tick]))),
        at_start=at_start,
        # nobody escapes who comes from behind, or who drives into a car that stands
        avoidable=not at_start
        and contact not in (Contact.REAR, Contact.STOPPED_EGO)
        and careful.avoids(int(others.id[row]), tick),
    )


def _contact(drive: Drive, meetings: Encounters, row: int) -> Contact:
    """The first of nuPlan's classes that fits: the car stands, the other stands, from behind, at the front, beside."""
    others = drive.others
    tick = int(others.tick[row])
    if abs(drive.speed[tick]) <= STOPPED:
        return Contact.STOPPED_EGO
    if np.hypot(*others.velocity[row]) <= STOPPED:
        return Contact.STOPPED_TRACK
    if meetings.bearing[row] > BEHIND:
        return Contact.REAR
    x, y, yaw, length, width = drive.box[tick]
    bumper = np.array([x + 0.5 * length * np.cos(yaw), y + 0.5 * length * np.sin(yaw), yaw, 0.0, width])
    return Contact.FRONT if boxes_overlap(bumper, others.box[row]) else Contact.LATERAL
