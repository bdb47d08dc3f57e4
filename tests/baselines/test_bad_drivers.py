"""Bar 4 of the library: who stands still, who looks at nobody, and who breaks the rules fails where he must."""

import pytest

from evpilot.evaluate import judge
from evpilot.sweep.driving import drive

MUST_FAIL = [
    ("frozen", "curved_road", "goal"),
    ("frozen", "crossing", "idle"),
    ("blind", "parked_car", "collision"),
    ("blind", "hard_braking", "collision"),
    ("reckless", "dilemma_light", "over_speed"),
    ("idm", "keep_clear", "keep_clear"),
    ("idm", "cyclist_hook", "right_of_way"),
    ("idm", "four_way_stop", "stop_sign"),
    ("idm", "cut_in", "goal"),
    ("idm", "cyclist_ahead", "goal"),
    ("idm", "overtake", "goal"),
]


@pytest.mark.parametrize(("pilot", "family", "short_of"), MUST_FAIL)
def test_a_bad_driver_is_short_of_what_it_does_not_do(pilot: str, family: str, short_of: str):
    verdict = judge(drive(f"{family}@seed=1,difficulty=0.9", pilot=pilot, seed=1))
    assert short_of in verdict.shortfalls
