"""Car platforms, dynamics, actuators, and the driver models that traffic and prediction share."""
