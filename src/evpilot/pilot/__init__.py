"""The stages composed: step(Observation) -> Decision."""

from evpilot.pilot.evpilot import EvPilot

__all__ = ["EvPilot"]
