"""Sensors, simulated and recorded: world truth -> what a pilot sees."""
