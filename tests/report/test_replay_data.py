"""What the page is given: small, exact to the centimetre, escaped, and quick to make."""

import base64
import dataclasses
import json
import re
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.report import replay
from evpilot.report.columns import Columns
from evpilot.report.sampling import lanes_driven
from evpilot.report.thinking import Span, band, known, steady
from evpilot.types import no_trace


def decode(blob, place):
    """The page's own reading (page/data.js), in Python."""
    offset, count, unit = place["c"]
    data = zlib.decompress(base64.b64decode(blob))
    planes = np.frombuffer(data, np.uint8)[offset : offset + 4 * count].reshape(4, count).astype(np.uint32)
    code = planes[0] | planes[1] << 8 | planes[2] << 16 | planes[3] << 24
    step = (code >> 1).astype(np.int64) ^ -(code & 1).astype(np.int64)
    whole = np.cumsum(step).astype(np.int64).astype(np.int32)
    return np.where(whole == -(2**31), np.nan, whole * unit)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-2e7, 2e7) | st.just(float("nan")), max_size=30))
def test_columns_keep_centimetres_and_gaps(values):
    columns = Columns()
    columns.add([1.0, 2.0])
    place = columns.add(values, 0.01)
    again = decode(columns.text(), place)
    assert np.allclose(again, values, atol=0.00501, equal_nan=True)


def test_objects_come_and_go(drive):
    frames = list(drive.frames)
    truth = frames[50].truth
    rows = truth.objects.id != 3
    gone = dataclasses.replace(
        truth.objects,
        **{f.name: getattr(truth.objects, f.name)[rows] for f in dataclasses.fields(truth.objects) if f.name != "t_ns"},
    )
    frames[50] = dataclasses.replace(frames[50], truth=dataclasses.replace(truth, objects=gone))
    data = replay.data(dataclasses.replace(drive, frames=tuple(frames)), None)
    three = next(o for o in data["objs"] if o["id"] == 3)
    x = decode(data["blob"], three["x"])
    assert np.flatnonzero(np.isnan(x)).tolist() == [50 - three["k0"]]
    place = frames[20].truth.objects
    origin = replay.clock(drive).origin
    assert x[20] == pytest.approx(place.state[place.id == 3][0, 0] - origin[0], abs=0.006)


def test_an_object_that_the_pilot_is_not_told_of_is_marked(drive):
    frame = drive.frames[10]
    told = frame.observation.tracks
    hidden = dataclasses.replace(told, valid=told.id != 4)
    frames = [
        *drive.frames[:10],
        dataclasses.replace(frame, observation=dataclasses.replace(frame.observation, tracks=hidden)),
    ]
    data = replay.data(dataclasses.replace(drive, frames=tuple(frames)), None)
    signal = decode(data["blob"], next(o for o in data["objs"] if o["id"] == 4)["signal"]).astype(int)
    assert signal[10] & 32 and not signal[9] & 32


def test_small_and_quick(drive):
    replay.page(drive, None)
    start = time.process_time()
    text = replay.page(drive, None)
    assert time.process_time() - start < 1.0
    assert len(text) < 3_000_000


def test_same_drive_same_page(drive):
    assert replay.page(drive, None) == replay.page(drive, None)


def test_names_are_escaped(drive):
    evil = "</script><img src=x onerror=alert(1)>{{script}}"
    header = dataclasses.replace(drive.header, scenario=evil)
    text = replay.page(dataclasses.replace(drive, header=header, frames=drive.frames[:3]), None)
    assert "<img" not in text
    block = re.search(r'id="data">(.*?)</script>', text, re.S)[1]
    assert json.loads(block)["head"]["scenario"] == evil


def test_an_empty_log_is_refused(drive, tmp_path):
    with pytest.raises(EvpilotError, match="no planning tick"):
        replay.write(dataclasses.replace(drive, frames=()), None, tmp_path / "a.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(EvpilotError, match="cannot be written"):
        replay.write(drive, None, tmp_path / "file" / "a.html")


def test_events_mark_what_happened(drive):
    kinds = [(kind, text) for _, kind, text in replay.data(drive, None)["events"]]
    assert ("brake", "hard brake \u22123.4 m/s²") in kinds
    assert ("goal", "goal reached") in kinds
    assert ("fault", "the pilot failed: took longer than 5 s") in kinds
    assert ("yield", "let 7 cross") in kinds


def test_a_verdict_brings_ttc_and_contacts(drive, verdict):
    data = replay.data(drive, verdict)
    marks = [(t, kind, text) for t, kind, text in data["events"] if kind in ("ttc", "contact")]
    assert marks == [(6.9, "ttc", "lowest TTC 1.1 s"), (12.0, "contact", "contact with 8, not at fault")]
    ttc = decode(data["blob"], data["tick"]["ttc"])
    assert ttc[60] == pytest.approx(2.0, abs=0.01) and np.isnan(ttc[[0, 50, 80]]).all()
    assert data["head"]["ttcLimit"] == 0.95
    plain = replay.data(drive, verdict.as_json())
    assert plain["score"] == data["score"] and not plain["tick"]["judged"]


def test_ten_minutes_among_sixty(made):
    run = made.made_drive(seconds=30.0, cars=60)
    frames = [dataclasses.replace(run.frames[k % 300], t_ns=k * 100_000_000) for k in range(6000)]
    t_ns = np.arange(60_001, dtype=np.int64) * 10_000_000
    long = dataclasses.replace(
        run, frames=tuple(frames), t_ns=t_ns, ego=np.resize(run.ego, (60_001, 10)), command=np.zeros((60_001, 3))
    )
    start = time.process_time()
    text = replay.page(long, None)
    assert time.process_time() - start < 20.0
    assert len(text) < 20_000_000


def test_the_band_joins_what_differs_only_in_figures_and_drops_flicker():
    spans = [Span(k0=k, k1=k + 1, text=f"follow 7, {40 - k} m", cause=7, name=7, tone="") for k in range(20)]
    spans[10] = dataclasses.replace(spans[10], text="brake", tone="yield")
    joined = band(spans, 0.1)
    assert [(span.k0, span.k1, span.text) for span in joined] == [(0, 20, "follow 7, 40 m")]
    spans[10:16] = [dataclasses.replace(span, text="brake", tone="yield") for span in spans[10:16]]
    assert [span.k0 for span in band(spans, 0.1)] == [0, 10, 16]


def test_proposals_end_where_the_car_loses_its_path():
    xy = np.array([[[0, 0], [5, 0], [10, 1], [15, 3], [20, 6]], [[0, 0], [5, 0], [10, 0], [10, 9], [0, 9]]], float)
    shown = steady(xy)
    assert np.array_equal(shown[0], xy[0])
    assert shown[1].tolist() == [[0, 0], [5, 0], [10, 0], [10, 0], [10, 0]]


@pytest.mark.parametrize("shape", [(0, 2, 2), (0, 9, 2), (4, 2, 2), (1, 1, 2)])
def test_few_proposals_or_short_ones(shape):
    assert np.array_equal(steady(np.ones(shape)), np.ones(shape))


def test_a_pilot_that_gives_only_its_reason(drive):
    frames = tuple(
        dataclasses.replace(f, decision=dataclasses.replace(f.decision, trace=no_trace("drive on"), predictions=None))
        for f in drive.frames[:20]
    )
    data = replay.data(dataclasses.replace(drive, frames=frames), None)
    assert data["band"] == [[0, 20, "drive on", -1, ""]]


def test_numbers_of_a_pilot_that_tracks_for_itself_are_matched_by_place(drive):
    frame = drive.frames[60]
    decision = frame.decision
    numbered = dataclasses.replace(decision.predictions, track_id=decision.predictions.track_id + 1000)
    about = dataclasses.replace(decision.trace, cause_id=1002)
    blind = dataclasses.replace(
        frame,
        observation=dataclasses.replace(frame.observation, tracks=None),
        decision=dataclasses.replace(decision, predictions=numbered, trace=about),
    )
    assert known(blind)[1002] == 2 and set(known(blind).values()) <= set(frame.truth.objects.id.tolist())
    far = dataclasses.replace(numbered, pose=numbered.pose + 500.0)
    assert known(dataclasses.replace(blind, decision=dataclasses.replace(decision, predictions=far))) == {}
    data = replay.data(dataclasses.replace(drive, frames=(blind,)), None)
    assert [decode(data["blob"], data["why"][name])[-1] for name in ("cause", "name")] == [2, 1002]


def test_a_lane_change_is_an_event(drive, made):
    frames = list(drive.frames)
    for k in range(80, 200):
        ego = frames[k].truth.ego
        side = np.array([-np.sin(ego.pose[3]), np.cos(ego.pose[3]), 0.0, 0.0]) * made.WIDTH
        truth = dataclasses.replace(frames[k].truth, ego=dataclasses.replace(ego, pose=ego.pose + side))
        frames[k] = dataclasses.replace(frames[k], truth=truth)
    changed = dataclasses.replace(drive, frames=tuple(frames))
    lanes = lanes_driven(changed)
    assert set(lanes[:80] % 5) == {0} and set(lanes[80:] % 5) == {1} and (np.diff(lanes[:80]) >= 0).all()
    found = [(t, text) for t, kind, text in replay.data(changed, None)["events"] if kind == "lane"]
    assert found == [(8.0, "changes to the left lane")]


def test_a_light_that_rules_the_lane_is_an_event(drive):
    closer = [
        dataclasses.replace(f, truth=dataclasses.replace(f.truth, ego=drive.frames[110].truth.ego))
        for f in drive.frames
    ]
    found = replay.data(dataclasses.replace(drive, frames=tuple(closer)), None)["events"]
    assert [(t, text) for t, kind, text in found if kind == "light"] == [
        (9.0, "light turns amber"),
        (10.0, "light turns red"),
    ]
