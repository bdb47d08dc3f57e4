"""What shall I do: EgoState + Predictions + route -> Trajectory."""
