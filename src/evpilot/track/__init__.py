"""The same things over time: Detections -> Tracks."""
