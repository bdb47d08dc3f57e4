"""RunLog -> metrics, scores, verdicts: pure functions."""
