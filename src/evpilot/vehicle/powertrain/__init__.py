"""The electric powertrain: what the road asks, what motor, inverter and battery give, and where every joule goes."""
