"""Why a pilot did what it did, as it says itself: counted, never judged by."""

import re
from collections import Counter

from evpilot.runlog.record import RunLog

NUMBER = re.compile(r"-?\d+(\.\d+)?")
LONGEST = 60  # letters of a phrase that tell its kind; a foreign pilot may write what it likes


def reasons(run: RunLog) -> dict[str, int]:
    """In how many planning ticks each kind of reason was given, the most frequent first: the plans' phrases with every
    number in them written as N, so that "yield to 17" and "yield to 9" are one kind."""
    traces = (frame.decision.trace for frame in run.frames if frame.decision is not None)
    phrases = (NUMBER.sub("N", trace.reason)[:LONGEST].strip() for trace in traces if trace is not None)
    counts = Counter(phrase for phrase in phrases if phrase)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
