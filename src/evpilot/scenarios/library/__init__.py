"""Scenarios generated in code."""
