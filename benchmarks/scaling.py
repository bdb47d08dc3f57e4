"""How the cost of evpilot's planning cycle grows: with agents, with candidates, with the size of the map."""

import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
from peers.denser import with_candidates

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.pilot import EvPilot
from evpilot.plan import planner as planning
from evpilot.scenarios import Scenario, load
from evpilot.sweep.driving import drive
from evpilot.types import Briefing, LaneGraph, Marking, Observation, State, Tracks, User

AGENTS = (10, 30, 100, 300)
CANDIDATES = (100, 300, 1000, 3000)
TILES = (1, 4, 16, 64)
CYCLES = 30
RADIUS = 150.0  # [m] agents are placed on lanes so near
SIZE = (4.6, 1.9)  # [m]


def crowd(observation: Observation, graph: LaneGraph, count: int, seed: int = 1) -> Tracks:
    """Cars on the lanes around the ego, not on it: count tracks at places drawn by seed, driving along their lane."""
    rng = np.random.default_rng(np.random.Philox(seed))
    segment = np.flatnonzero(np.diff(np.repeat(np.arange(len(graph)), np.diff(graph.point_start))) == 0)
    middle = 0.5 * (graph.center[segment] + graph.center[segment + 1])
    away = np.hypot(*(middle[:, :2] - observation.ego.pose[:2]).T)
    near = segment[(away < RADIUS) & (away > 12.0)]
    chosen = rng.choice(near, count)
    share = rng.random(count)[:, None]
    place = graph.center[chosen] * (1 - share) + graph.center[chosen + 1] * share
    along = graph.center[chosen + 1] - graph.center[chosen]
    state = np.zeros((count, 7))
    state[:, :3] = place
    state[:, State.YAW] = np.arctan2(along[:, 1], along[:, 0])
    state[:, State.SPEED] = 4.0 + 8.0 * rng.random(count)
    yaw, speed = state[:, State.YAW], state[:, State.SPEED]
    return Tracks(
        t_ns=observation.t_ns,
        id=np.arange(count, dtype=np.int64),
        kind=np.ones(count, np.uint8),
        state=state,
        velocity=speed[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=1),
        cov=np.zeros((count, 6, 6)),
        size=np.tile(SIZE, (count, 1)),
        age=np.full(count, 5.0),
        signals=np.zeros(count, np.uint8),
        valid=np.ones(count, np.bool_),
    )


def later(observation: Observation, tracks: Tracks, cycle: int) -> Observation:
    """The same scene some cycles on: the others have moved straight on, the ego is shown where it was."""
    t_ns = observation.t_ns + cycle * 100_000_000
    state = tracks.state.copy()
    state[:, :2] += tracks.velocity * (cycle * 0.1)
    return dataclasses.replace(
        observation,
        t_ns=t_ns,
        ego=dataclasses.replace(observation.ego, t_ns=t_ns),
        tracks=dataclasses.replace(tracks, t_ns=t_ns, state=state),
        lights=dataclasses.replace(observation.lights, t_ns=t_ns),
    )


def cycle_ms(briefing: Briefing, observation: Observation, tracks: Tracks) -> tuple[float, float, int]:
    """CPU time of a planning cycle [ms], median and worst of CYCLES, and how many candidates it weighed."""
    pilot = EvPilot(briefing)
    spent: list[float] = []
    counts: list[int] = []
    for cycle in range(CYCLES):
        seen = later(observation, tracks, cycle)
        began = time.thread_time_ns()
        decision = pilot.step(seen)
        spent.append((time.thread_time_ns() - began) * 1e-6)
        counts.append(0 if decision.trace is None else int(decision.trace.counts.sum()))
    return float(np.median(spent)), float(np.max(spent)), int(np.median(counts))


def tiled(graph: LaneGraph, tiles: int) -> LaneGraph:
    """The map with copies of itself around it, not connected: more lanes, the same surroundings."""
    builder = GraphBuilder()
    low, high = graph.center.min(axis=0), graph.center.max(axis=0)
    side = int(np.sqrt(tiles))
    for number in range(side * side):
        shift = np.array([number % side, number // side, 0.0]) * (high - low + 50.0) * np.array([1.0, 1.0, 0.0])
        made = [
            builder.lane(
                graph.left[graph.points(k)] + shift,
                graph.right[graph.points(k)] + shift,
                users=User(int(graph.users[k])),
                speed_limit=float(graph.speed_limit[k]),
                left_marking=Marking(int(graph.left_marking[k])),
                right_marking=Marking(int(graph.right_marking[k])),
            )
            for k in range(len(graph))
        ]
        for k in range(len(graph)):
            for successor in graph.successors(k):
                builder.connect(made[k], made[int(successor)])
            left = int(graph.left_neighbour[k])
            if left >= 0 and graph.left_same[k]:
                builder.neighbours(made[left], made[k])
    return builder.build()


def print_scaling(file: Path) -> None:
    """Print the three tables, all on one recorded scene."""
    world: Scenario = load(str(file), 0)
    run = drive(dataclasses.replace(world, last_step=5), platform="bmw320i", limits="verdict")
    briefing, seen = run.briefing, run.frames[0].observation
    print(f"\nevpilot's planning cycle on {world.name}, CPU time of one thread\n\n| agents | ms median | worst |")
    print("|---:|---:|---:|")
    for count in AGENTS:
        median, worst, _ = cycle_ms(briefing, seen, crowd(seen, world.graph, count))
        print(f"| {count} | {median:.2f} | {worst:.2f} |")
    print("\n| candidates proposed | weighed in all | ms median | worst |\n|---:|---:|---:|---:|")
    propose = planning.propose
    for count in CANDIDATES:
        planning.propose = with_candidates(propose, count)
        median, worst, weighed = cycle_ms(briefing, seen, crowd(seen, world.graph, 30))
        planning.propose = propose
        print(f"| {count} | {weighed} | {median:.2f} | {worst:.2f} |")
    print("\n| lanes | map km | index built in ms | cycle ms median | worst |\n|---:|---:|---:|---:|---:|")
    for tiles in TILES:
        graph = tiled(world.graph, tiles)
        began = time.thread_time_ns()
        LaneIndex(graph)
        built = (time.thread_time_ns() - began) * 1e-6
        goals = tuple(dataclasses.replace(goal, lanes=()) for goal in briefing.goals)
        on_it = dataclasses.replace(briefing, graph=graph, goals=goals)
        median, worst, _ = cycle_ms(on_it, seen, crowd(seen, world.graph, 30))
        km = graph.length.sum() / 1000.0
        print(f"| {len(graph)} | {km:.1f} | {built:.1f} | {median:.2f} | {worst:.2f} |")


if __name__ == "__main__":
    print_scaling(Path(sys.argv[1]))
