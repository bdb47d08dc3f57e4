"""Angles, polylines, Frenet frames and oriented boxes: numpy and numba only."""
