"""The closed loop: the only owner of the clock.

In every planning tick: truth -> sensor -> observation -> pilot -> checked decision, then one compiled call that drives
the car at 100 Hz to the next tick. Time is integer nanoseconds; nothing that is decided reads a wall clock.
"""

import gc
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager

import numpy as np

from evpilot.control.kernel import tuning
from evpilot.files import EvpilotError
from evpilot.guard.gate import Bound, bounds
from evpilot.runlog import Ego, Frame, RunLog, reduced
from evpilot.scenarios import Scenario
from evpilot.scenarios.goal import goal_mask
from evpilot.sense.objects import PERFECT, ObjectSensor, SensorConfig
from evpilot.simulate.car import drive_exact, drive_tick, ego_state, write_row
from evpilot.simulate.custody import DEGRADED_SPEED, Answer, Custody, Gauges, Maker
from evpilot.simulate.header import config_of, header_of, staged
from evpilot.simulate.motion import Motion, coast, decided, way_out
from evpilot.simulate.staging import UNSTAGED, Staging, approach_motion
from evpilot.simulate.start import start_state
from evpilot.simulate.world import World
from evpilot.types import ROAD, Briefing, Decision, Limits, Platform, Store, Truth
from evpilot.types.state import Array, Ints
from evpilot.vehicle.dynamics import Car, parameters
from evpilot.vehicle.powertrain.conditions import MILD, Conditions
from evpilot.vehicle.powertrain.packing import packed
from evpilot.vehicle.powertrain.step import power_left

PLANNING_NS = 100_000_000
FAST_NS = 10_000_000
STANDS = 0.01  # [m/s] below it the car stands


def simulate(
    scenario: Scenario,
    make_pilot: Maker,
    *,
    platform: Platform,
    planner_platform: Platform | None = None,
    traffic: str = "replay",
    seed: int = 0,
    limits: Limits = ROAD,
    sensor: SensorConfig = PERFECT,
    pilot_name: str = "",
    on_tick: Callable[[Frame], None] | None = None,
    compute_delay: float = 0.0,
    stop_on_collision: bool = True,
    staging: Staging = UNSTAGED,
    conditions: Conditions = MILD,
    step_ns: int = FAST_NS,
) -> RunLog:
    """Drive a scenario once with a pilot made from its briefing, and give the whole record.

    platform is the simulated car, planner_platform what the pilot believes it drives (the same by default). on_tick is
    called with each finished frame. compute_delay [s] is how long after its observation a decision acts. staging: a
    scripted approach, what is kept from the pilot, and when the outcome is certain. conditions: weather and charge, as
    the powertrain feels them. step_ns: the fast clock's step, to see what hangs on it. The drive ends at a goal, when
    the time is up, at a collision (of an object that did not overlap the car at the start), where the loop's own stop
    after a fault has come to rest, or once its outcome is decided. The last frame holds the world at the end and no
    decision.
    A pilot's faults never end the drive: the loop follows the newest decision's tail, or brakes along its path.
    Raises EvpilotError on an unknown kind of traffic, a bad platform, or a delay that the exact model cannot have.
    """
    platform.validate()
    believed = planner_platform or platform
    believed.validate()
    if not 0.0 <= compute_delay <= 2.0 or (limits.exact and compute_delay > 0.0):
        raise EvpilotError(f"compute_delay {compute_delay:g} s, allowed 0 to 2 s, and 0 with the exact model")
    period = planning_period(scenario, limits)
    briefing = Briefing(
        graph=scenario.graph,
        goals=scenario.goals,
        platform=believed,
        limits=limits,
        period_ns=period,
        start_ns=0,
        end_ns=scenario.last_step * scenario.dt_ns,
        seed=seed,
    )
    config = config_of(platform, believed, limits, sensor, conditions)
    config |= {"compute_delay": compute_delay, "stop_on_collision": stop_on_collision, "period_ns": period}
    config |= {} if step_ns == FAST_NS else {"step_ns": step_ns}
    config |= staged(staging)
    world = World(scenario, traffic, seed, platform)
    eyes = ObjectSensor(sensor, seed, scenario.graph.light_pose)
    with _quiet_memory():
        custody = Custody(make_pilot, briefing)
        drive = Drive(
            scenario, briefing, platform, world, eyes, custody, round(compute_delay * 1e9), staging, conditions, step_ns
        )
        try:
            outcome = drive.run(stop_on_collision, on_tick)
        finally:
            custody.close()
    t_ns, ego, command = drive.record()
    spent, store = drive.energy()
    return RunLog(
        header=header_of(scenario, traffic, seed, pilot_name, config),
        briefing=briefing,
        frames=tuple(drive.frames),
        t_ns=t_ns,
        ego=ego,
        command=command,
        spent=spent,
        store=store,
        outcome=outcome,
    )


def planning_period(scenario: Scenario, limits: Limits) -> int:
    """How often the pilot is asked [ns]: every 100 ms, or once in each scenario step where that is longer or where the
    exact model takes one step at a time."""
    return scenario.dt_ns if limits.exact else max(PLANNING_NS, scenario.dt_ns)


class Drive:
    """One drive in progress: the car's state, what it follows, and the record so far."""

    def __init__(
        self,
        scenario: Scenario,
        briefing: Briefing,
        platform: Platform,
        world: World,
        eyes: ObjectSensor,
        custody: Custody,
        delay_ns: int,
        staging: Staging,
        conditions: Conditions,
        step_ns: int,
    ) -> None:
        self.frames: list[Frame] = []
        self._scenario, self._briefing, self._platform = scenario, briefing, platform
        self._world, self._eyes, self._custody = world, eyes, custody
        self._delay_ns = delay_ns
        self._staging = staging
        self._fast_ns = _fast_step(briefing.period_ns, step_ns, exact=briefing.limits.exact)
        self._end_ns = -(-briefing.end_ns // self._fast_ns) * self._fast_ns
        self._state = start_state(scenario, platform, exact=briefing.limits.exact)
        self._par = parameters(platform, scenario.friction, conditions=conditions)
        self._train = packed(platform, conditions)
        self._store, self._spent = self._train.start(conditions)
        self._energy: list[tuple[Array, Array]] = []
        self._tune = tuning(briefing.platform)
        self._bound = bounds(briefing.limits)
        self._last = np.array([scenario.start_accel, self._state[Car.STEERING]])
        rows = self._end_ns // self._fast_ns + 1
        self._ego, self._command = np.zeros((rows, 10)), np.zeros((rows, 3))
        write_row(self._state, self._ego[0])
        self._command[0, :2] = self._last
        self._row = 0
        self._times = briefing.start_ns + self._fast_ns * np.arange(rows, dtype=np.int64)
        self._seconds = self._times.astype(np.float64) * 1e-9
        self._pending: deque[Motion] = deque()
        self._motion = coast(self._state, briefing.start_ns)
        if staging.approach is not None:
            self._motion = approach_motion(staging.approach, scenario, platform, briefing.start_ns)
        self._faulted = False

    def run(self, stop_on_collision: bool, on_tick: Callable[[Frame], None] | None) -> str:
        """Drive to the end; answers the outcome."""
        now = self._briefing.start_ns
        at_start: frozenset[int] | None = None
        seen_rows = 0
        while True:
            x, y, z, yaw = (float(self._state[k]) for k in (Car.X, Car.Y, Car.Z, Car.YAW))
            self._state[Car.Z], grade = self._world.ground(x, y, z, yaw)
            truth = self._world.truth(now, ego_state(self._state, now))
            observation = self._eyes.observe(self._staging.seen(truth), (self._platform.length, self._platform.width))
            touching = self._world.touching(truth)
            at_start = touching if at_start is None else at_start & touching
            outcome = self._outcome(now, seen_rows, truth, hit=stop_on_collision and not touching <= at_start)
            self._energy.append((self._spent.copy(), self._store.copy()))
            if outcome:
                answer, after = Answer(decision=None, fault="", plan_ms=0.0), now
            else:
                told = observation if self._staging.told is None else self._staging.told(observation)
                answer = self._custody.ask(told, truth.ego, self._gauges())
                observation, after = told, min(now + self._briefing.period_ns, self._end_ns)
                seen_rows = self._row + 1
                if self._custody.degraded:
                    self._bound[Bound.SPEED] = DEGRADED_SPEED
                if not self._staging.shadow(now):
                    self._take(answer.decision, now)
            fault = answer.fault
            if self._drive(now, after, grade):
                fault = fault or "a command was not a number; the tail's went to the car"
            frame = Frame(
                t_ns=now,
                truth=truth,
                observation=observation,
                decision=answer.decision,
                fault=fault,
                plan_ms=answer.plan_ms,
            )
            self.frames.append(reduced(frame))
            if on_tick is not None:
                on_tick(frame)
            if outcome:
                return outcome
            now = after

    def _gauges(self) -> Gauges:
        """The usable charge and the most power at the wheels, as the car shows them at the moment."""
        train, store = self._train, self._store
        power = power_left(store, train.ev, train.losses, train.voltages)
        return float(train.usable(store[[Store.CHARGE]])[0]), power

    def record(self) -> tuple[Ints, Array, Array]:
        """t_ns (K,), ego (K, 10) and command (K, 3) so far; a row's command is the one that led to it."""
        count = self._row + 1
        return self._times[:count].copy(), self._ego[:count].copy(), self._command[:count].copy()

    def energy(self) -> tuple[Array, Array]:
        """spent (F, 15) and store (F, 7) at each frame so far, the charge being the usable one."""
        spent, store = (np.array(rows) for rows in zip(*self._energy, strict=True))
        store[:, Store.CHARGE] = self._train.usable(store[:, Store.CHARGE])
        return spent, store

    def _outcome(self, now: int, first_row: int, truth: Truth, *, hit: bool) -> str:
        """How the drive ended with the rows from first_row on, or nothing. An object hit in the same instant in which
        the goal is reached is a collision.

        In the official verdict a goal that is met at the start takes one more step: a solution has two states, and both
        are judged."""
        exact = self._briefing.limits.exact and self._end_ns > 0
        reached = self._goal_row(0 if exact and self._row == 1 else first_row)
        if reached is not None and (not hit or (reached < self._row and not exact)) and not (exact and self._row == 0):
            return "goal"
        if hit:
            return "collision"
        if self._custody.given_up and abs(self._state[Car.SPEED]) < STANDS:
            return "stopped"
        if self._staging.decided is not None and self._staging.decided(truth.ego, truth):
            return "decided"
        return "time" if now >= self._end_ns else ""

    def _goal_row(self, first: int) -> int | None:
        """The first of the rows from `first` on in which a goal is reached."""
        rows = self._ego[first : self._row + 1]
        if not len(rows):
            return None
        b = self._platform.rear_to_center
        yaw = rows[:, Ego.YAW]
        x, y = rows[:, Ego.X] + b * np.cos(yaw), rows[:, Ego.Y] + b * np.sin(yaw)
        seconds = self._seconds[first : self._row + 1]
        good = np.zeros(len(rows), np.bool_)
        for goal in self._briefing.goals:
            good |= goal_mask(goal, self._briefing.graph, x, y, yaw, rows[:, Ego.SPEED], seconds)
        return first + int(good.argmax()) if good.any() else None

    def _take(self, decision: Decision | None, now: int) -> None:
        """Queue a decision to act after the delay, or fall back at once when there is none."""
        if decision is not None:
            self._pending.append(decided(decision, now, self._delay_ns))
            self._faulted = False
        elif not self._faulted:
            newest = self._pending[-1] if self._pending else self._motion
            self._pending.clear()
            self._motion = way_out(newest, self._state, self._platform.wheelbase, now)
            self._faulted = True

    def _drive(self, now: int, after: int, grade: float) -> int:
        """Drive the car from now to after [ns]; answers how many commands were replaced."""
        replaced = 0
        while now < after:
            while self._pending and self._pending[0].act_ns <= now:
                self._motion = self._pending.popleft()
            until = min(after, self._pending[0].act_ns) if self._pending else after
            steps = max(1, -(-(until - now) // self._fast_ns))
            replaced += self._drive_motion(now, steps, grade)
            now += steps * self._fast_ns
        return replaced

    def _drive_motion(self, now: int, steps: int, grade: float) -> int:
        motion, first = self._motion, self._row + 1
        seconds, tail_seconds = (now - motion.start_ns) * 1e-9, (now - motion.tail_ns) * 1e-9
        rows, commands = self._ego[first : first + steps], self._command[first : first + steps]
        dt, source = self._fast_ns * 1e-9, int(motion.source)
        self._row += steps
        state, last, held = self._state, self._last, motion.held
        train = (self._store, self._spent, self._train.ev, self._train.losses, self._train.voltages)
        if self._briefing.limits.exact:
            return drive_exact(
                state, motion.plan, seconds, motion.tail, tail_seconds, held, last, self._par, self._bound, source,
                dt, rows[0], commands[0], *train,
            )  # fmt: skip
        return drive_tick(
            state, motion.plan, seconds, motion.tail, tail_seconds, held, last, self._par, self._tune, self._bound,
            grade, source, dt, rows, commands, *train,
        )  # fmt: skip


def _fast_step(period_ns: int, wanted_ns: int, *, exact: bool) -> int:
    """The fast clock's step [ns]: the wanted one, or the longest down to a tenth of it that divides the period; else
    the whole period."""
    if exact:
        return period_ns
    most = period_ns // wanted_ns
    counts = (count for count in range(-(-period_ns // wanted_ns), 10 * most + 1) if period_ns % count == 0)
    return period_ns // next(counts, 1)


@contextmanager
def _quiet_memory() -> Generator[None]:
    """No garbage collection during a drive: a collection in the middle of a tick is a late decision."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
