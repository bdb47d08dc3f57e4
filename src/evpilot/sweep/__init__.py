"""Many cases -> results."""
