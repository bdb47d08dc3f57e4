"""Where will they go: Tracks + map -> Predictions."""
