"""A slow sensor's tracks brought up to the present."""

from dataclasses import replace

import numpy as np

from evpilot.types import Tracks
from evpilot.types.kinds import State


def present(tracks: Tracks, t_ns: int) -> Tracks:
    """Tracks as they are expected at t_ns [ns], where they are older: each has gone on with its velocity, has turned
    and gained or lost speed as it did, and who brakes comes to a standstill at most."""
    age = (t_ns - tracks.t_ns) * 1e-9
    if age <= 0.0 or not len(tracks):
        return tracks
    state = tracks.state.copy()
    speed = state[:, State.SPEED]
    gained = state[:, State.ACCEL] * age
    after = np.where(speed * (speed + gained) < 0.0, 0.0, speed + gained)
    share = np.where(np.abs(speed) > 1e-6, after / np.where(speed == 0.0, 1.0, speed), 1.0)
    velocity = tracks.velocity * share[:, None]
    state[:, : State.Y + 1] += 0.5 * (tracks.velocity + velocity) * age
    turned = state[:, State.YAW] + state[:, State.YAW_RATE] * age
    state[:, State.YAW] = np.pi - np.mod(np.pi - turned, 2.0 * np.pi)
    state[:, State.SPEED] = after
    return replace(tracks, t_ns=t_ns, state=state, velocity=velocity)
