"""A drive from Python, in three lines."""

import evpilot

run = evpilot.drive("roundabout", seed=1)
print(run.outcome, f"after {(run.t_ns[-1] - run.t_ns[0]) * 1e-9:.1f} s")
