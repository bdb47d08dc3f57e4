"""Every record refuses what is missing, not finite, out of range, or there twice."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.types import (
    Command,
    Decision,
    Detections,
    EgoState,
    Lights,
    LightState,
    Observation,
    Predictions,
    Tracks,
    Trajectory,
    no_trace,
    no_tracks,
)
from evpilot.types.checks import ascends

N = 3


def ego() -> EgoState:
    return EgoState(
        t_ns=0, pose=np.zeros(4), velocity=np.zeros(2), accel=np.zeros(2), yaw_rate=0.0, steering=0.0,
        cov=np.zeros((6, 6)),
    )  # fmt: skip


def tracks() -> Tracks:
    return Tracks(
        t_ns=0, id=np.arange(N), kind=np.ones(N, np.uint8), state=np.zeros((N, 7)), velocity=np.zeros((N, 2)),
        cov=np.zeros((N, 6, 6)), size=np.ones((N, 2)), age=np.zeros(N), signals=np.zeros(N, np.uint8),
        valid=np.ones(N, np.bool_),
    )  # fmt: skip


def detections() -> Detections:
    return Detections(
        t_ns=0, box=np.ones((N, 6)), velocity=np.zeros((N, 2)), has_velocity=np.ones(N, np.bool_),
        kind=np.ones(N, np.uint8), score=np.full(N, 0.5),
    )  # fmt: skip


def lights() -> Lights:
    return Lights(
        t_ns=0,
        index=np.arange(2),
        state=np.full(2, LightState.RED, np.uint8),
        arrow=np.zeros(2, np.uint8),
    )


def observation() -> Observation:
    return Observation(
        t_ns=0, ego=ego(), tracks=tracks(), detections=None, lights=lights(), visible_range=np.full(8, np.inf),
        friction=1.0, sight=1e4,
    )  # fmt: skip


def predictions() -> Predictions:
    return Predictions(
        t_ns=0, track_id=np.arange(N), time=np.arange(5.0), pose=np.zeros((N, 2, 5, 4)),
        pos_cov=np.zeros((N, 2, 5, 2, 2)), prob=np.full((N, 2), 0.5),
    )  # fmt: skip


def trajectory() -> Trajectory:
    return Trajectory(
        t_ns=0, time=np.arange(6.0), pose=np.zeros((6, 4)), speed=np.zeros(6), accel=np.zeros(6), curvature=np.zeros(6)
    )


RECORDS = {
    "EgoState": ego,
    "Tracks": tracks,
    "Detections": detections,
    "Lights": lights,
    "Observation": observation,
    "Predictions": predictions,
    "Trajectory": trajectory,
    "PlanTrace": lambda: replace(no_trace("keep the lane"), xy=np.zeros((2, 3, 2)), cost=np.zeros(2),
                                 rejection=np.zeros(2, np.uint8), walls=np.zeros((1, 3)), wall_reason=("red",)),
}  # fmt: skip
ARRAYS = [
    (name, field.name)
    for name, make in RECORDS.items()
    for field in fields(make())
    if isinstance(getattr(make(), field.name), np.ndarray)
]
NUMBERS = [
    (name, field)
    for name, field in ARRAYS
    if getattr(RECORDS[name](), field).dtype == np.float64 and (name, field) != ("PlanTrace", "cost")
]


@pytest.mark.parametrize("name", RECORDS)
def test_a_sound_record_passes(name: str) -> None:
    RECORDS[name]().validate()


@pytest.mark.parametrize(("name", "field"), NUMBERS)
@given(data=st.data())
def test_nan_anywhere_is_refused_and_named(name: str, field: str, data: st.DataObject) -> None:
    record = RECORDS[name]()
    value = getattr(record, field).copy()
    value.flat[data.draw(st.integers(0, value.size - 1))] = np.nan
    with pytest.raises(EvpilotError, match=rf"{name}\.{field}"):
        replace(record, **{field: value}).validate()


@pytest.mark.parametrize(("name", "field"), [pair for pair in NUMBERS if pair[1] != "visible_range"])
@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinity_is_refused(name: str, field: str, bad: float) -> None:
    record = RECORDS[name]()
    value = getattr(record, field).copy()
    value.flat[-1] = bad
    with pytest.raises(EvpilotError):
        replace(record, **{field: value}).validate()


@pytest.mark.parametrize(
    ("name", "field", "change"),
    [(name, field, "deeper") for name, field in ARRAYS]
    + [(name, field, "longer") for name, field in ARRAYS if field != "visible_range"],
)
def test_another_shape_is_refused(name: str, field: str, change: str) -> None:
    record = RECORDS[name]()
    value = getattr(record, field)
    other = np.concatenate([value, value[:1]]) if change == "longer" else value[..., None]
    with pytest.raises(EvpilotError):
        replace(record, **{field: other}).validate()


@pytest.mark.parametrize(
    ("record", "field"), [(tracks(), "id"), (lights(), "index"), (predictions(), "track_id")], ids=lambda v: str(v)[:10]
)
def test_the_same_id_twice_is_refused(record: Tracks | Lights | Predictions, field: str) -> None:
    numbers = getattr(record, field).copy()
    numbers[1] = numbers[0]
    with pytest.raises(EvpilotError, match="more than once"):
        replace(record, **{field: numbers}).validate()


@pytest.mark.parametrize(
    ("record", "change"),
    [
        (ego(), {"yaw_rate": np.nan}),
        (ego(), {"steering": 2.0}),
        (ego(), {"pose": np.array([0.0, 0.0, 0.0, 4.0])}),
        (ego(), {"velocity": np.array([500.0, 0.0])}),
        (ego(), {"pose": np.array([1e9, 0.0, 0.0, 0.0])}),
        (tracks(), {"size": np.zeros((N, 2))}),
        (tracks(), {"kind": np.full(N, 99, np.uint8)}),
        (detections(), {"score": np.full(N, 1.5)}),
        (detections(), {"kind": np.full(N, 99, np.uint8)}),
        (lights(), {"state": np.full(2, 50, np.uint8)}),
        (observation(), {"friction": np.nan}),
        (observation(), {"sight": np.nan}),
        (observation(), {"ego": replace(ego(), t_ns=100)}),
        (observation(), {"lights": replace(lights(), t_ns=100)}),
        (predictions(), {"prob": np.full((N, 2), 0.4)}),
        (predictions(), {"time": np.arange(1.0, 6.0)}),
        (trajectory(), {"time": np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0])}),
        (trajectory(), {"time": np.arange(1.0, 7.0)}),
        (trajectory(), {"accel": np.full(6, 50.0)}),
        (Command(t_ns=0, accel=0.0, steering=0.0), {"accel": np.nan}),
        (Command(t_ns=0, accel=0.0, steering=0.0), {"steering": 2.0}),
        (Decision(t_ns=0), {}),
        (Decision(t_ns=0), {"trajectory": trajectory(), "command": Command(t_ns=0, accel=0.0, steering=0.0)}),
        (Decision(t_ns=0), {"trajectory": trajectory(), "source": 9}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else type(value).__name__,
)
def test_absurd_values_are_refused(record: EgoState, change: dict[str, object]) -> None:
    with pytest.raises(EvpilotError):
        replace(record, **change).validate()


def test_more_knots_than_a_prediction_may_have_are_refused() -> None:
    t = 13
    many = replace(
        predictions(), time=np.arange(float(t)), pose=np.zeros((N, 2, t, 4)), pos_cov=np.zeros((N, 2, t, 2, 2))
    )
    with pytest.raises(EvpilotError, match="12"):
        many.validate()


def test_a_velocity_must_be_a_number_only_where_it_is_known() -> None:
    unknown = replace(detections(), velocity=np.full((N, 2), np.nan), has_velocity=np.zeros(N, np.bool_))
    unknown.validate()
    with pytest.raises(EvpilotError, match="velocity"):
        replace(unknown, has_velocity=np.ones(N, np.bool_)).validate()


def test_an_empty_road_is_sound() -> None:
    replace(observation(), tracks=no_tracks(0)).validate()
    assert len(no_tracks(0)) == 0


def test_the_message_says_what_was_found_and_what_is_legal() -> None:
    with pytest.raises(EvpilotError) as caught:
        replace(ego(), velocity=np.array([500.0, 0.0])).validate()
    assert str(caught.value) == "EgoState.velocity: 500 m/s, allowed -120 to 120 m/s"


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan, np.inf]), max_size=4))
def test_values_ascend_as_numpy_says(values):
    array = np.array(values)
    assert ascends(array) == np.greater(array[1:], array[:-1]).all()
