"""What somebody else would have done in the same place: reference drivers, run against the logged motion."""
