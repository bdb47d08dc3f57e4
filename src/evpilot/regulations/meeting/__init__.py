"""Track tests in which the car drives towards somebody at a constant speed: their scenes, contacts and physics."""
