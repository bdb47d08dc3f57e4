"""World, traffic, clock, the closed loop -> RunLog."""
