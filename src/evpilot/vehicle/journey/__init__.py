"""A journey before it is driven: what a route takes from the battery, how sure that is, how fast to go, where to
charge."""
