"""Reasons are counted by kind, whoever is meant and however long a phrase is."""

import dataclasses

from evpilot.evaluate.facts.reasons import LONGEST, reasons
from evpilot.types import Command, Decision, no_trace


def test_phrases_that_differ_only_in_numbers_are_one_kind(made):
    run = made.drive(made.cruise(10.0), seconds=1.0)
    said = ["yield to 17 at the zebra", "yield to 9 at the zebra", "keep the lane", "stop: 3.5 s late", "x" * 99]
    frames = []
    for frame, phrase in zip(run.frames, said, strict=False):
        command = Command(t_ns=frame.t_ns, accel=0.0, steering=0.0)
        frames.append(
            dataclasses.replace(frame, decision=Decision(t_ns=frame.t_ns, command=command, trace=no_trace(phrase)))
        )
    found = reasons(dataclasses.replace(run, frames=(*frames, *run.frames[len(said) :])))
    assert found == {
        "yield to N at the zebra": 2,
        "keep the lane": 1,
        "stop: N s late": 1,
        "x" * LONGEST: 1,
    }
    assert next(iter(found)) == "yield to N at the zebra"
