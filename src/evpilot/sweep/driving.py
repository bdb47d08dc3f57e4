"""One drive: from a scenario's name to its run log."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evpilot.files import EvpilotError
from evpilot.runlog import Frame, RunLog
from evpilot.scenarios import Scenario, load
from evpilot.sense.config import named
from evpilot.simulate.loop import simulate
from evpilot.simulate.traffic import unrecorded
from evpilot.simulate.world import Secrets
from evpilot.sweep.pilots import DEFAULT_PILOT, pilot_maker
from evpilot.sweep.settings import TRAFFIC, Settings, named_limits, one_of
from evpilot.types import Briefing, Limits, Pilot, Platform
from evpilot.vehicle import platforms
from evpilot.vehicle.powertrain.conditions import MILD, Conditions

if TYPE_CHECKING:
    from evpilot.pilot.gauge import Gauge


def drive(
    scenario: str | Path | Scenario,
    *,
    pilot: str | type | None = None,
    platform: str | Path | Platform = "sedan",
    planner_platform: str | Path | Platform | None = None,
    traffic: str | None = None,
    seed: int = 0,
    limits: str | Limits = "road",
    sensor: str = "perfect",
    eco: float = 0.0,
    conditions: Conditions = MILD,
    arrive_with: float | None = None,
    out: str | Path | None = None,
    on_tick: Callable[[Frame], None] | None = None,
) -> RunLog:
    """Drive a scenario in closed loop and return its log.

    scenario: a name of the built-in library, a file, or a Scenario. pilot: a name as the command line takes it (one
    that is not evpilot's own runs in a child process) or a class, made in this process; EvPilot by default. platform:
    the simulated car, a key or a TOML file; planner_platform: what the planner believes, the same by default. traffic:
    replay, reactive or mixed; by default what the scenario is made for. limits: road (default) or verdict, where the
    car is CommonRoad's kinematic model exactly. sensor: perfect, occluded or noisy. eco 0..1: how much saving
    energy counts for evpilot's own pilot; conditions: weather and charge; arrive_with 0..1: the charge that is asked
    for at the goal, by what the planner believes of the car: it sets the pilot's pace, anew on the way. out: a folder
    to write the records to (run.mcap, metrics.json, config.json). on_tick is called after every planning tick.

    Raises EvpilotError on bad input, and where arrive_with cannot be met.
    """
    world = scenario if isinstance(scenario, Scenario) else load(scenario, seed)
    believed = planner_platform if planner_platform is None else _platform(planner_platform)
    kind = traffic or natural_traffic(world)
    one_of("traffic", kind, TRAFFIC)
    car = _platform(platform)
    maker = pilot if isinstance(pilot, type) else pilot_maker(pilot or DEFAULT_PILOT)
    keeper = None if arrive_with is None else gauge_for(world, believed or car, conditions, arrive_with, eco)
    pace = 1.0 if keeper is None else keeper.pace
    if eco > 0.0 or keeper is not None:
        maker = partial(maker, eco=eco, keeper=keeper)
    run = simulate(
        world,
        _told(maker, Secrets(scenario=world, traffic=kind, seed=seed, platform=car)),
        platform=car,
        planner_platform=believed,
        traffic=kind,
        seed=seed,
        limits=limits if isinstance(limits, Limits) else named_limits(limits),
        sensor=named(sensor),
        pilot_name=_pilot_name(pilot or DEFAULT_PILOT) + _saving(eco, pace),
        conditions=conditions,
        on_tick=on_tick,
    )
    if out is not None:
        from evpilot.evaluate import judge
        from evpilot.sweep.run_folder import run_folder, write_records

        with run_folder(Path(out)) as folder:
            write_records(folder, run, judge(run))
    return run


def _told(maker: Callable[..., Pilot], secrets: Secrets) -> Callable[[Briefing], Pilot]:
    """What makes a pilot from its briefing alone; one whose class says that it is `privileged` also gets the secrets of
    the drive, which nothing else ever hands to a pilot."""
    return partial(maker, secrets=secrets) if getattr(maker, "privileged", False) else maker


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
        eco=settings.eco,
        conditions=settings.conditions,
        arrive_with=None if settings.arrive_with is None else 0.01 * settings.arrive_with,
        on_tick=on_tick,
    )


def gauge_for(world: Scenario, car: Platform, conditions: Conditions, least: float, eco: float = 0.0) -> "Gauge":
    """What keeps, while driving, the request to arrive at a scenario's goal with at least so much charge, 0..1.

    Raises EvpilotError where it cannot be, with the reason.
    """
    from evpilot.pilot.gauge import Gauge
    from evpilot.vehicle.journey.mapped import route_on
    from evpilot.vehicle.journey.request import Request, Watch

    route = route_on(world.graph, world.goals, world.start, name=world.name)
    watch = Watch(Request(car, route, conditions, least=least))
    if watch.now.plan is None:
        raise EvpilotError(f"refused: {watch.now.refusal}", file=world.name)
    return Gauge(watch, eco)


def _saving(eco: float, pace: float) -> str:
    """What a pilot was told of saving, for its name in the records."""
    parts = [f"{name}={value:g}" for name, value, usual in (("eco", eco, 0.0), ("pace", pace, 1.0)) if value != usual]
    return f"({', '.join(parts)})" if parts else ""


def natural_traffic(scenario: Scenario) -> str:
    """Reactive where an actor has only its start and a driver model, replay of the recording otherwise."""
    return "reactive" if unrecorded(scenario) else "replay"


def _platform(platform: str | Path | Platform) -> Platform:
    return platform if isinstance(platform, Platform) else platforms.load(platform)


def _pilot_name(pilot: str | type) -> str:
    return pilot if isinstance(pilot, str) else f"{pilot.__module__}:{pilot.__qualname__}"
