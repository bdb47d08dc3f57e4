"""One drive: from a scenario's name to its run log."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from evpilot.files import EvpilotError
from evpilot.runlog import Frame, RunLog
from evpilot.scenarios import Scenario, load
from evpilot.scenarios.scenario import Behaviour
from evpilot.sense.config import named
from evpilot.simulate.loop import simulate
from evpilot.sweep.settings import LIMITS, Settings
from evpilot.types import Limits, Platform
from evpilot.vehicle import platforms


def drive(
    scenario: str | Path | Scenario,
    *,
    pilot: str | type | None = None,
    platform: str | Path | Platform = "sedan",
    planner_platform: str | Path | Platform | None = None,
    traffic: str | None = None,
    seed: int = 0,
    limits: str | Limits | None = None,
    sensor: str = "perfect",
    out: str | Path | None = None,
    on_tick: Callable[[Frame], None] | None = None,
) -> RunLog:
    """Drive a scenario in closed loop and return its log.

    scenario: a name of the built-in library, a file, or a Scenario. pilot: a name as the command line takes it (one
    that is not evpilot's own runs in a child process) or a class, made in this process; EvPilot by default. platform:
    the simulated car, a key or a TOML file; planner_platform: what the planner believes, the same by default. traffic:
    replay, reactive or mixed; by default what the scenario is made for. limits: road (default) or verdict, where the
    car is CommonRoad's kinematic model exactly. sensor: perfect, occluded or noisy. out: a folder to write the records
    to (run.mcap, metrics.json, config.json). on_tick is called after every planning tick.

    Raises EvpilotError on bad input.
    """
    settings = Settings(traffic=traffic or "", sensor=sensor)
    if isinstance(pilot, str):
        settings = replace(settings, pilot=pilot)
    settings.check()
    world = scenario if isinstance(scenario, Scenario) else load(scenario, seed)
    car = platform if isinstance(platform, Platform) else platforms.load(platform)
    believed = planner_platform
    if isinstance(believed, str | Path):
        believed = platforms.load(believed)
    run = simulate(
        world,
        pilot if isinstance(pilot, type) else settings.maker(),
        platform=car,
        planner_platform=believed,
        traffic=settings.traffic or natural_traffic(world),
        seed=seed,
        limits=_limits(limits),
        sensor=named(sensor),
        pilot_name=_pilot_name(pilot, settings),
        on_tick=on_tick,
    )
    if out is not None:
        from evpilot.evaluate import judge
        from evpilot.sweep.run_folder import complete_folder, write_records

        with complete_folder(Path(out)) as folder:
            write_records(folder, run, judge(run))
    return run


def drive_with(
    world: Scenario, settings: Settings, seed: int, on_tick: Callable[[Frame], None] | None = None
) -> RunLog:
    """Drive a loaded scenario under settings."""
    return drive(
        world,
        pilot=settings.pilot,
        platform=settings.platform,
        planner_platform=settings.planner_platform or None,
        traffic=settings.traffic or None,
        seed=seed,
        limits=settings.limits,
        sensor=settings.sensor,
        on_tick=on_tick,
    )


def natural_traffic(scenario: Scenario) -> str:
    """Reactive where an actor has only its start and a driver model, replay of the recording otherwise."""
    driven = any(a.behaviour == Behaviour.REACTIVE and len(a.motion) < 2 for a in scenario.actors)
    return "reactive" if driven else "replay"


def _limits(limits: str | Limits | None) -> Limits:
    if isinstance(limits, Limits):
        return limits
    name = limits or "road"
    if name not in LIMITS:
        raise EvpilotError(f"limits {name!r}, allowed {', '.join(LIMITS)}")
    return LIMITS[name]


def _pilot_name(pilot: str | type | None, settings: Settings) -> str:
    if isinstance(pilot, type):
        return f"{pilot.__module__}:{pilot.__qualname__}"
    return settings.pilot
