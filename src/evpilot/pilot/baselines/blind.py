"""The driver who looks at nobody: what the guard and the judges must catch."""

from typing import ClassVar

from evpilot.pilot.baselines.idm import IdmPilot, Style


class BlindPilot(IdmPilot):
    """Drives the route at the limit and stops at red lights, but ignores all other road users."""

    style: ClassVar[Style] = Style(sees_others=False, checks_room=False)
