"""Whatever the car does, it is judged: no exception, and a score in 0..1."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.evaluate import judge
from evpilot.types import Goal, LightState

WAYPOINTS = st.lists(st.tuples(st.floats(-60.0, 120.0), st.floats(-40.0, 40.0)), min_size=2, max_size=6)


@settings(deadline=None, max_examples=40)
@given(WAYPOINTS, WAYPOINTS, st.floats(0.05, 12.0), st.booleans(), st.sampled_from(list(LightState)))
def test_any_motion_is_judged(made, own, others, seconds, with_goal, state):
    def motion(places):
        xs, ys = zip(*places, strict=True)
        return made.through(np.linspace(0.0, 12.0, len(places)), xs, ys)

    square = np.array([[30.0, -1.0], [40.0, -1.0], [40.0, 1.0], [30.0, 1.0]])
    run = made.drive(
        motion(own),
        made.crossing(light=True),
        others=(made.Other(motion(others)),),
        seconds=seconds,
        goals=(Goal(regions=(square,)),) if with_goal else (),
        light=lambda t: state,
    )
    verdict = judge(run)
    assert 0.0 <= verdict.score <= 1.0
    assert all(0.0 <= value <= 1.0 for value in verdict.gates.values())
    assert all(0.0 <= part.value <= 1.0 for part in verdict.parts)
    json.dumps(verdict.as_json(), allow_nan=False)
    assert judge(run).row() == verdict.row()
    for metric in verdict.metrics:
        assert len(metric.t_ns) == len(metric.value) == len(metric.valid), metric.name
