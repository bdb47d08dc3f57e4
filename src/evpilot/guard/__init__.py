"""Is it safe; if not, the way out."""
