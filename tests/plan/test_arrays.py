"""From the planner's arrays to the records that leave it."""

import numpy as np
from planning_parts import ego_at

from evpilot.plan.arrays import trajectory
from evpilot.plan.columns import GRID, Roll


def test_a_rollout_becomes_a_trajectory_that_starts_where_the_car_is() -> None:
    roll = np.random.default_rng(5).normal(0.0, 3.0, (len(GRID), len(Roll)))
    made = trajectory(roll, ego_at(40.0, 2.0, yaw=3.0, speed=9.0), 7)
    place = roll[:, [Roll.X, Roll.Y]] - roll[0, [Roll.X, Roll.Y]] + [40.0, 2.0]
    turned = roll[:, Roll.YAW] - roll[0, Roll.YAW] + 3.0
    wanted = np.column_stack([place, np.zeros(len(GRID)), np.arctan2(np.sin(turned), np.cos(turned))])
    np.testing.assert_allclose(made.pose, wanted, atol=1e-9)
    np.testing.assert_array_equal(np.stack([made.speed, made.accel, made.curvature], axis=1), roll[:, [3, 4, 5]])
    assert made.t_ns == 7 and (made.time == GRID).all()
