"""One number for a drive: equal for two drives that did the same, on any machine."""

import hashlib

from evpilot.runlog.encoder import Encoder
from evpilot.runlog.mcap import TOPICS, TYPES, records
from evpilot.runlog.record import RunLog
from evpilot.runlog.reduction import canonical

LEFT_OUT = frozenset({("Header", "version"), ("Header", "machine"), ("Frame", "plan_ms"), ("Platform", "sources")})
ENCODERS = {topic: Encoder(TYPES.schemas[name], LEFT_OUT) for topic, name in TOPICS.items()}


def sha256(run: RunLog) -> str:
    """SHA-256 in hex over the canonical records, seeds, scenario and configuration.

    Timings, the machine and the program's version are left out; so a run, the same run written and read back, and a
    repetition elsewhere have one number.
    """
    digest = hashlib.sha256()
    for topic, t_ns, record in records(canonical(run)):
        data = ENCODERS[topic].encode(record)
        digest.update(f"{topic} {t_ns} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()
