"""A pilot of your own: one class. Drive it with `evpilot drive roundabout --pilot examples/my_pilot.py:MyPilot`.

It follows its route's centre line (pure pursuit: Coulter 1992) and keeps a gap to whatever is ahead. It knows no lights
and no right of way: see what the judge says of it.
"""

import numpy as np

from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go, lane_sequence
from evpilot.types import Briefing, Command, Decision, Observation


class MyPilot:
    def __init__(self, briefing: Briefing) -> None:
        self.graph, self.car = briefing.graph, briefing.platform
        self.index = LaneIndex(briefing.graph)
        self.cost = cost_to_go(briefing.graph, briefing.goals)

    def step(self, observation: Observation) -> Decision:
        ego = observation.ego
        x, y, z, yaw = ego.pose
        lane, s, _ = self.index.nearest(x, y, z, yaw)
        lanes = lane_sequence(self.graph, lane, s + 80.0, self.cost)
        path = np.concatenate([self.graph.center[self.graph.points(int(k)), :2] for k in lanes])

        away = np.hypot(*(path - (x, y)).T)  # [m] steer towards the first point ahead that is far enough
        here = int(np.argmin(away))
        aim = path[min(here + int(np.argmax(away[here:] > 4.0 + 0.5 * ego.speed)), len(path) - 1)]
        bearing = np.arctan2(aim[1] - y, aim[0] - x) - yaw
        steering = np.arctan2(2.0 * self.car.wheelbase * np.sin(bearing), np.hypot(*(aim - (x, y))))

        others = observation.tracks.state[:, :2] if observation.tracks else np.zeros((0, 2))
        ahead = [
            away[i] for xy in others if (d := np.hypot(*(path[here:] - xy).T)).min() < 2 for i in [here + d.argmin()]
        ]
        gap = max(0.0, min(ahead, default=100.0) - 10.0)  # [m] so that braking at 2 m/s2 ends behind it
        wanted = min(self.graph.speed_limit[lane], 13.9, np.sqrt(2.0 * 2.0 * gap))
        accel = float(np.clip(wanted - ego.speed, -4.0, 1.5))
        command = Command(t_ns=observation.t_ns, accel=accel, steering=float(np.clip(steering, -0.6, 0.6)))
        return Decision(t_ns=observation.t_ns, command=command)
