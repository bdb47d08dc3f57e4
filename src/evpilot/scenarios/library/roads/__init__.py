"""Road pieces in code: lines, roads of many lanes, junctions, roundabouts."""
