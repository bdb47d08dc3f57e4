"""What a drive took from the battery, and where it went."""

import numpy as np

from evpilot.evaluate.criteria.comfort import over_time, travelled
from evpilot.evaluate.criteria.single import single
from evpilot.evaluate.facts.drive import Drive
from evpilot.runlog.record import Ego
from evpilot.types import MetricResult, Spent, Store

WH = 3.6e3  # [J]
WALKED = 1.0  # [m] over less there is no consumption
PARTS: dict[str, tuple[tuple[Spent, ...], str]] = {
    "energy_air": ((Spent.AIR,), "work against the air"),
    "energy_rolling": ((Spent.ROLLING, Spent.CORNERING, Spent.SLIP), "work of rolling, bends and tyre slip"),
    "energy_grade": ((Spent.GRADE,), "work against the slope, negative downhill"),
    "energy_braking": ((Spent.FRICTION,), "heat of the friction brakes"),
    "energy_drive": ((Spent.GEAR, Spent.MOTOR), "heat of gear, motor and inverter"),
    "energy_battery": ((Spent.BATTERY,), "heat inside the battery, not part of what its terminals give"),
    "energy_auxiliary": ((Spent.AUXILIARY, Spent.CLIMATE), "auxiliaries, driving computer and climate"),
}


def energy(drive: Drive) -> tuple[MetricResult, ...]:
    """Energy at the battery's terminals [Wh], recuperation counted against it, and per distance [Wh/km]; its parts
    [Wh]; what came back of what braking took, and the charge at the end, both 0..1. None of them has a limit.

    A log from before the powertrain was recorded has no parts: they are not valid.
    """
    power = drive.fast[:, Ego.POWER]
    spent = drive.run.spent[-1] if len(drive.run.spent) else np.full(len(Spent), np.nan)
    used = (float(spent[Spent.DRAWN]) if len(drive.run.spent) else over_time(drive, power)) / WH
    metres = travelled(drive)
    braked = float(spent[Spent.BRAKED])
    share = float(spent[Spent.RECUPERATED]) / braked if braked > 0.0 else np.nan
    charge = float(drive.run.store[-1, Store.CHARGE]) if len(drive.run.store) else np.nan
    per_km = used / metres * 1e3 if metres > WALKED else np.nan
    return (
        single(drive, "energy", "energy at the battery's terminals", "Wh", used),
        single(drive, "consumption", "energy over distance", "Wh/km", per_km),
        *(
            single(drive, name, clause, "Wh", float(np.sum(spent[list(columns)])) / WH)
            for name, (columns, clause) in PARTS.items()
        ),
        single(drive, "recuperated_share", "recuperation over the work of braking", "1", share),
        single(drive, "charge_end", "usable state of charge at the end", "1", charge),
    )
