"""A pilot of your own is one class. `evpilot drive roundabout --pilot examples/my_pilot.py:MyPilot` drives it.

This one follows its route (pure pursuit: Coulter 1992) and stops for what is, or soon will be, on its path.
"""

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.maps.reference import SPACING, reference_path
from evpilot.maps.route import cost_to_go, lane_sequence
from evpilot.types import Briefing, Command, Decision, Observation, no_tracks


class MyPilot:
    def __init__(self, briefing: Briefing) -> None:
        self.graph, self.wheelbase = briefing.graph, briefing.platform.wheelbase
        self.index = LaneIndex(briefing.graph)
        self.cost = cost_to_go(briefing.graph, briefing.goals)

    def step(self, observation: Observation) -> Decision:
        (x, y, z, yaw), speed = observation.ego.pose, observation.ego.speed
        lane, s, _ = self.index.nearest(x, y, z, yaw)
        path = reference_path(self.graph, lane_sequence(self.graph, lane, s + 100.0, self.cost)).table
        here = int(np.argmin(np.hypot(path[:, 0] - x, path[:, 1] - y)))
        ahead = path[here : here + 200]  # the next 100 m: x, y, yaw, curvature, z, speed limit
        to_x, to_y = ahead[min(int((3.0 + 0.6 * speed) / SPACING), len(ahead) - 1), :2] - (x, y)
        turn = np.arctan2(to_y, to_x) - yaw
        steering = np.arctan2(2.0 * self.wheelbase * np.sin(turn), np.hypot(to_x, to_y))

        seen = observation.tracks or no_tracks(observation.t_ns)
        soon = np.stack([seen.state[:, :2] + t * seen.velocity for t in (0.0, 1.0, 2.0, 3.0)])
        away = np.hypot(*(ahead[:, None, None, :2] - soon).T).min(axis=1)  # [m] of each from each point, at its nearest
        near = away < 0.5 * seen.size[:, 1:] + 1.4  # half of it, half of us, and 0.45 m between
        first = np.where(near.any(axis=1), near.argmax(axis=1), 200) * SPACING - 0.5 * seen.size[:, 0]
        gap = max(0.0, first.min(initial=99.0) - 5.0)  # [m] from our nose, with a metre to spare
        bend = np.sqrt(2.0 / np.abs(ahead[:60, 3]).max(initial=1e-3))  # [m/s] for 2 m/s2 across
        wanted = min(float(ahead[0, 5]), bend, np.sqrt(2.0 * 2.0 * gap), 25.0)
        accel, now = float(np.clip(2.0 * (wanted - speed), -5.0, 1.5)), observation.t_ns
        return Decision(t_ns=now, command=Command(t_ns=now, accel=accel, steering=float(steering)))
