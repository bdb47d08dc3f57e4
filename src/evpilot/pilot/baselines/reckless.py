"""The driver who breaks the rules: what the judges must fail."""

from typing import ClassVar

from evpilot.pilot.baselines.idm import IdmPilot, Style


class RecklessPilot(IdmPilot):
    """Half as fast again as allowed, through red lights, on the bumper of whoever is ahead, without a look aside."""

    style: ClassVar[Style] = Style(
        speed_factor=1.5,
        headway=0.3,
        standstill=1.0,
        accel=2.5,
        brake=6.0,
        lateral=4.5,
        obeys_lights=False,
        checks_room=False,
        no_limit=21.0,
    )
