"""The built-in scenarios by name."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass

from evpilot.files import EvpilotError
from evpilot.scenarios.library.families import (
    city,
    grand,
    hazards,
    junctions,
    lanes,
    motorways,
    people,
    priority,
    signals,
    slopes,
    streets,
    works,
)
from evpilot.scenarios.library.stage import DIFFICULTY
from evpilot.scenarios.scenario import Scenario

SEED_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Scenarios of one kind: a function of seed and difficulty 0..1, and a line that says what they ask; long ones take
    many minutes."""

    make: Callable[[int, float], Scenario]
    description: str
    long: bool = False


FAMILIES = {
    "city": Family(
        make=city.tour,
        description="A tour of the built-in city: yield, lights, avenue, zebras, roundabout, people and parked cars.",
    ),
    "city_blocks": Family(
        make=city.city_blocks,
        description="Four junctions with lights round a block, cars in platoons and people on all sides.",
    ),
    "four_way_stop": Family(
        make=junctions.four_way_stop,
        description="A junction where all must stop: who came first goes first.",
    ),
    "roundabout": Family(
        make=junctions.roundabout,
        description="A roundabout of one lane: yield, enter, leave at the right exit.",
    ),
    "unprotected_left": Family(
        make=junctions.unprotected_left,
        description="A left turn across oncoming traffic into a street that people cross.",
    ),
    "crossing": Family(
        make=streets.crossing,
        description="A high street with two zebra crossings and people who use them.",
    ),
    "oncoming_narrow": Family(
        make=streets.oncoming_narrow,
        description="A narrow road where parked cars block our side and cars come the other way.",
    ),
    "parked_car": Family(
        make=streets.parked_car,
        description="A van stands in our lane; the way round it leads through the oncoming lane.",
    ),
    "curved_road": Family(
        make=streets.curved_road,
        description="A winding country road behind a slower car.",
    ),
    "motorway": Family(
        make=motorways.motorway,
        description="Onto the motorway, two kilometres along with cars and trucks, and off at the exit.",
    ),
    "on_ramp_merge": Family(
        make=motorways.on_ramp_merge,
        description="A merge from an on-ramp into dense traffic.",
    ),
    "dense_merge": Family(
        make=motorways.dense_merge,
        description="An exit two lanes to the right, with dense traffic in between.",
    ),
    "cut_in": Family(
        make=motorways.cut_in,
        description="A truck or a car cuts in close ahead on the motorway, and is slow or brakes.",
    ),
    "stop_and_go": Family(
        make=motorways.stop_and_go,
        description="A motorway queue that stops and starts; where it is hard, a car has broken down in our lane.",
    ),
    "jaywalker": Family(
        make=people.jaywalker,
        description="Somebody steps out from behind a parked van and freezes in our way.",
    ),
    "school_ball": Family(
        make=people.school_ball,
        description="A ball rolls onto an empty school road, and a child runs after it.",
    ),
    "hesitant_crossing": Family(
        make=people.hesitant_crossing,
        description="Two zebras with people who hesitate on them or turn back.",
    ),
    "bus_stop": Family(
        make=people.bus_stop,
        description="A bus pulls out of its stop before us, or somebody runs to catch it or gets off and crosses.",
    ),
    "cyclist_ahead": Family(
        make=people.cyclist_ahead,
        description="A cyclist ahead in our lane, and cars that come the other way.",
    ),
    "hard_braking": Family(
        make=hazards.hard_braking,
        description="The car ahead brakes at up to 0.9 g.",
    ),
    "cut_out": Family(
        make=hazards.cut_out,
        description="A truck ahead leaves our lane late, before a car that has broken down.",
    ),
    "tailgater": Family(
        make=hazards.tailgater,
        description="A tailgater behind, and a lost load ahead in our lane.",
    ),
    "wrong_way": Family(
        make=hazards.wrong_way,
        description="A car comes the wrong way in our lane.",
    ),
    "debris": Family(
        make=hazards.debris,
        description="A tyre lies in our lane on the motorway.",
    ),
    "animal": Family(
        make=hazards.animal,
        description="A deer runs onto a country road and stands in the light.",
    ),
    "crashed_cars": Family(
        make=hazards.crashed_cars,
        description="Crashed cars stand across two of three lanes.",
    ),
    "lane_closure": Family(
        make=works.lane_closure,
        description="Cones close our lane on the motorway at 116 km/h, seen late.",
    ),
    "ending_lane": Family(
        make=works.ending_lane,
        description="Our lane ends on the motorway: merge before it does.",
    ),
    "variable_limits": Family(
        make=works.variable_limits,
        description="Speed limits that fall step by step, and a queue behind the last.",
    ),
    "toll_gate": Family(
        make=works.toll_gate,
        description="A toll gate whose barrier opens only after one has stopped.",
    ),
    "flagger": Family(
        make=works.flagger,
        description="A flagger at road works holds us until the oncoming are through.",
    ),
    "speed_bumps": Family(
        make=works.speed_bumps,
        description="Speed bumps on a 30 road, with a car parked between them.",
    ),
    "overtake": Family(
        make=lanes.overtake,
        description="Trucks in the right lane: overtake them and come back.",
    ),
    "lane_drift": Family(
        make=lanes.lane_drift,
        description="Drivers in the right lane drift over the line as we pass them, and start back.",
    ),
    "exit_ramp": Family(
        make=lanes.exit_ramp,
        description="Off the motorway into a loop that tightens, behind a truck.",
    ),
    "zip_merge": Family(
        make=lanes.zip_merge,
        description="A queue crawls past the on-ramp: zip in.",
    ),
    "emergency_vehicle": Family(
        make=lanes.emergency_vehicle,
        description="An ambulance with blue light comes from behind: make way.",
    ),
    "shoulder_stop": Family(
        make=lanes.shoulder_stop,
        description="Stop in the emergency bay beside the motorway.",
    ),
    "rain": Family(
        make=lanes.rain,
        description="Rain: little grip, short sight, and the end of a queue.",
    ),
    "protected_turn": Family(
        make=signals.protected_turn,
        description="A turn at a green light of our own, over a crossing with people and a cyclist.",
    ),
    "dilemma_light": Family(
        make=signals.dilemma_light,
        description="A light turns amber just as we arrive.",
    ),
    "u_turn_light": Family(
        make=signals.u_turn_light,
        description="A U-turn at lights across a boulevard, where the oncoming come in platoons.",
    ),
    "yield_sign": Family(
        make=priority.yield_sign,
        description="Cross or join a main road from the yield sign.",
    ),
    "right_before_left": Family(
        make=priority.right_before_left,
        description="Two crossings where who comes from the right goes first.",
    ),
    "two_lane_roundabout": Family(
        make=priority.two_lane_roundabout,
        description="A roundabout of two lanes: choose a lane, enter, leave.",
    ),
    "u_turn": Family(
        make=priority.u_turn,
        description="A U-turn through the median, across oncoming traffic.",
    ),
    "cyclist_hook": Family(
        make=priority.cyclist_hook,
        description="A right turn with cyclists beside us who go straight on.",
    ),
    "keep_clear": Family(
        make=priority.keep_clear,
        description="A queue stands beyond a junction and a crosswalk: keep both clear.",
    ),
    "spiral_ramp": Family(
        make=slopes.spiral_ramp,
        description="Down a spiral ramp of two turns above each other.",
    ),
    "downhill": Family(
        make=slopes.downhill,
        description="A winding road that falls all the way, behind a truck.",
    ),
    "flashing_light": Family(
        make=signals.flashing_light,
        description="Lights that flash amber: the yield sign rules.",
    ),
    "dark_light": Family(
        make=signals.dark_light,
        description="Lights that are dark: the yield sign rules.",
    ),
    "grand_tour": Family(
        make=grand.grand_tour,
        description="Twenty minutes through two towns, over a country road and along the motorway.",
        long=True,
    ),
}


def names(*, long: bool = False) -> tuple[str, ...]:
    """The names of the built-in scenarios, on request also of the long ones, which are driven only when they are named;
    the first is the default tour."""
    return tuple(name for name, family in FAMILIES.items() if long or not family.long)


def describe(name: str) -> str:
    """What a scenario asks, in one line. Raises EvpilotError when there is none of this name."""
    return _family(name).description


def characters(name: str) -> str:
    """Who else is there and how they drive, walk and look, and what is harder at a higher difficulty: the words of the
    family. Raises EvpilotError when there is none of this name."""
    _, _, mix = inspect.cleandoc(_family(name).make.__doc__ or "").partition("Mix: ")
    return " ".join(mix.split())


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


def parse(name: str) -> tuple[str, int | None, float | None] | None:
    """The family of a name such as `cut_in`, `cut_in-3` or `cut_in@seed=3,difficulty=0.8`, with the seed and the
    difficulty that it names; None when it is of no family. Raises EvpilotError on anything else behind the @."""
    head, at, rest = name.partition("@")
    family, dash, number = head.rpartition("-")
    seed: int | None = None
    if head not in FAMILIES:
        if not (dash and number.isdecimal() and family in FAMILIES):
            return None
        head, seed = family, int(number)
    difficulty: float | None = None
    for part in rest.split(",") if at else ():
        key, _, value = part.partition("=")
        try:
            if key == "seed":
                seed = int(value)
            elif key == "difficulty":
                difficulty = float(value)
            else:
                raise ValueError
        except ValueError:
            raise EvpilotError(f"{part!r}, allowed seed=N and difficulty=0..1", place=f"scenario {name}") from None
    return head, seed, difficulty


def _family(name: str) -> Family:
    if name not in FAMILIES:
        near = difflib.get_close_matches(name, FAMILIES, n=3, cutoff=0.4) or list(FAMILIES)
        raise EvpilotError(f"no built-in scenario {name!r}; did you mean {', '.join(near)}?")
    return FAMILIES[name]
