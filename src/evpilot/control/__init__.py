"""How do I do it: Trajectory + EgoState -> Command."""
