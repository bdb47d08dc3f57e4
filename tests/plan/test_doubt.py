"""Who has priority and brakes hard is not taken at once for one who gives way."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from test_rules import people

from evpilot.plan.doubt import HARD, LASTS, SLOW, Doubt
from evpilot.types import Tracks

LANES = b"our way"
ZONE = np.array([[0.0, 90.0, 100.0, 2.0, 4.0, 180.0, 0.0, 92.0]])
NONE = np.zeros((0, 8))


def comes(seconds: float, accel: float = 0.0, speed: float = 12.0) -> Tracks:
    tracks = people((100.0, -40.0, 0.0, speed))
    tracks.state[0, 5] = accel
    return replace(tracks, t_ns=round(seconds * 1e9))


def kept(doubt: Doubt, zones: np.ndarray, tracks: Tracks) -> np.ndarray:
    entries = SimpleNamespace(track=np.zeros(1, np.int64))
    (found,) = doubt.kept([(LANES, zones)], entries, tracks)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("accel", "speed", "stays"),
    [(-HARD - 1.0, 12.0, True), (-HARD + 1.0, 12.0, False), (-HARD - 1.0, SLOW - 0.5, False), (0.5, 12.0, False)],
)
def test_his_zone_stays_while_he_brakes_hard_and_is_not_slow(accel: float, speed: float, stays: bool) -> None:
    doubt = Doubt()
    assert np.array_equal(kept(doubt, ZONE, comes(0.0)), ZONE)
    found = kept(doubt, NONE, comes(0.4, accel, speed))
    assert len(found) == stays
    if stays:
        assert found[0].tolist() == pytest.approx([0.0, 90.0, 100.0, 1.6, 4.0, 180.0, 0.0, 92.0])


def test_it_is_given_up_after_a_while() -> None:
    doubt, zone = Doubt(), ZONE.copy()
    kept(doubt, zone, comes(0.0))
    zone[0, 5] = 7.0  # what is done with the zones found does not change what is remembered
    seconds = np.arange(0.1, LASTS + 0.5, 0.1)
    found = [kept(doubt, NONE, comes(float(t), -5.0)) for t in seconds]
    assert [len(zones) for zones in found] == [int(t < LASTS - 1e-6) for t in seconds.round(6)]
    assert all(zones[0, 5] == 180.0 for zones in found if len(zones))


def test_who_brakes_and_is_expected_later_may_still_come_as_early_as_before() -> None:
    doubt, later = Doubt(), ZONE + np.array([0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0])
    kept(doubt, ZONE, comes(0.0))
    assert kept(doubt, later, comes(0.2, -5.0))[:, 3].tolist() == pytest.approx([5.0, 1.8])
    assert kept(doubt, later, comes(0.4, -5.0))[:, 3].tolist() == pytest.approx([5.0, 1.6])
    assert kept(doubt, later, comes(0.6, 0.0))[:, 3].tolist() == [5.0]
