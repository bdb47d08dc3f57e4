"""What a log says of the run that made it: the program, the scenario, the configuration, the machine."""

import dataclasses
import math
import os
import platform as host
from importlib.metadata import version

import numba
import numpy as np

from evpilot.runlog import Header
from evpilot.scenarios import Scenario
from evpilot.sense.objects import SensorConfig
from evpilot.simulate.staging import UNSTAGED, Staging
from evpilot.types import Limits, Platform
from evpilot.vehicle import platforms
from evpilot.vehicle.powertrain.conditions import Conditions

VERSION = version("evpilot")  # read from disk once


def header_of(scenario: Scenario, traffic: str, seed: int, pilot_name: str, config: dict[str, object]) -> Header:
    """The header of a log; config as `config_of` and `staged` give it."""
    return Header(
        version=VERSION,
        scenario=scenario.name,
        scenario_sha256=scenario.sha256,
        problem_id=scenario.problem_id,
        seed=seed,
        pilot=pilot_name,
        traffic=traffic,
        config=config,
        machine=_machine(),
    )


def config_of(
    platform: Platform, believed: Platform, limits: Limits, sensor: SensorConfig, conditions: Conditions
) -> dict[str, object]:
    """The resolved configuration as plain JSON values; an unlimited range is "inf"."""
    return {
        "platform": platforms.to_document(platform),
        "planner_platform": platforms.to_document(believed),
        "limits": dataclasses.asdict(limits),
        "conditions": dataclasses.asdict(conditions) | {"wind": list(conditions.wind)},
        "sensor": {k: "inf" if v == math.inf else v for k, v in dataclasses.asdict(sensor).items()},
    }


def staged(staging: Staging) -> dict[str, object]:
    """What of a staging belongs to a run's conditions."""
    if staging is UNSTAGED:
        return {}
    approach = None if staging.approach is None else dataclasses.asdict(staging.approach)
    return {"staging": {"approach": approach, "unseen": [list(pair) for pair in staging.unseen]}}


def _machine() -> dict[str, str]:
    return {
        "system": host.platform(),
        "processor": host.machine(),
        "cores": str(os.cpu_count()),
        "python": host.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }
