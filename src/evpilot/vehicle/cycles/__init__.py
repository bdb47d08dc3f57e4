"""Driving cycles: speed over time, where the traces come from, and what a car takes to drive them."""
