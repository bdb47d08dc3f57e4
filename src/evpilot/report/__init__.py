"""The replay page, plots, tables."""
