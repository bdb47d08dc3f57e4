"""The built-in scenarios by name."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from evpilot.files import EvpilotError
from evpilot.scenarios.library.families import city
from evpilot.scenarios.scenario import Scenario

DIFFICULTY = 0.5
SEED_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Scenarios of one kind: a function of seed and difficulty 0..1, and a line that says what they ask."""

    make: Callable[[int, float], Scenario]
    description: str


FAMILIES = {
    "city": Family(make=city.tour, description="A tour of the built-in city."),
}


def names() -> tuple[str, ...]:
    """The names of all built-in scenarios; the first is the default tour."""
    return tuple(FAMILIES)


def describe(name: str) -> str:
    """What a scenario asks, in one line. Raises EvpilotError when there is none of this name."""
    return _family(name).description


def build(name: str, seed: int = 0, difficulty: float = DIFFICULTY) -> Scenario:
    """The scenario of this name: the same seed and difficulty always give the same one, to the bit.

    difficulty 0 leaves time and room, 1 hardly any. Raises EvpilotError on an unknown name, a negative seed, or a
    difficulty outside 0..1.
    """
    family = _family(name)
    if not 0 <= seed <= SEED_MAX:
        raise EvpilotError(f"seed {seed}, allowed 0 to {SEED_MAX}", place=f"scenario {name}")
    if not 0.0 <= difficulty <= 1.0:
        raise EvpilotError(f"difficulty {difficulty:g}, allowed 0 to 1", place=f"scenario {name}")
    return family.make(seed, difficulty)


def _family(name: str) -> Family:
    if name not in FAMILIES:
        near = difflib.get_close_matches(name, FAMILIES, n=3, cutoff=0.4) or list(FAMILIES)
        raise EvpilotError(f"no built-in scenario {name!r}; did you mean {', '.join(near)}?")
    return FAMILIES[name]
