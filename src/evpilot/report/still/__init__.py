"""The parts of a still picture, as SVG."""
