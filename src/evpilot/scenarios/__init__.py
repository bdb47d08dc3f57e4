"""The Scenario record, its readers, and the built-in library."""

from evpilot.scenarios.scenario import Actor, Behaviour, LightProgram, Motion, Scenario

__all__ = ["Actor", "Behaviour", "LightProgram", "Motion", "Scenario"]
