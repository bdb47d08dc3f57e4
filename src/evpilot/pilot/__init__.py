"""The stages composed: step(Observation) -> Decision."""
