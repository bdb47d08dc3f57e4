"""evpilot: an autonomous-driving system for electric cars, with the evidence of its safety."""

__version__ = "0.1.0"
