"""The sensor of the cases: perfect, but for its latency."""

from evpilot.sense.config import SensorConfig

LATENCY = 0.1  # [s]
SENSOR = SensorConfig(name="perfect, 0.1 s late", latency=LATENCY)
