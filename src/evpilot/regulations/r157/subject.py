"""The car of the cases: the regulation's size on the default platform's wheels, other platforms as they are."""

from dataclasses import replace

from evpilot.evaluate.reference.grids import LENGTH, WIDTH
from evpilot.types import Platform

DEFAULT = "sedan"


def subject(platform: Platform) -> Platform:
    """The car as it is driven: the default platform with a box of 4.3 x 1.9 m, any other at its true size."""
    return replace(platform, length=LENGTH, width=WIDTH) if platform.key == DEFAULT else platform


def size_of(platform: Platform) -> tuple[float, float]:
    """Length and width [m] of the car as it is driven."""
    car = subject(platform)
    return car.length, car.width
