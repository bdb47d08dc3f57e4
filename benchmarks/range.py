"""Range on routes that nobody has seen: is the 90 % interval one, and is "arrive with at least N %" kept?

    python benchmarks/range.py --routes 500 --first 1000

Each route is predicted, then driven at 50 Hz with the full powertrain in a world drawn by other code
(`range_truth.py`). Then a request is made of it, with a charge and an N by chance: kept while the drive corrects what
is expected, or refused; what was refused is driven at the slowest pace with a full battery from each charger, to see
whether it could have been met.

    python benchmarks/range.py --first 7000 --routes 70 --worlds 40

drives each route in many worlds instead: how wide an interval would be that knows how they are drawn.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
from range_truth import Journey, elsewhere, journey

from evpilot.vehicle.journey.prediction import Z90, Predictor
from evpilot.vehicle.journey.request import PACES, Request, Watch

BEFORE = 2.0  # [m] before a charger it is decided how much to charge


@dataclass(frozen=True, slots=True)
class Forecast:
    """One route's prediction against its truth."""

    kind: str
    ratio: float
    width: float
    inside: bool
    seconds: float


def predicted(seed: int) -> Forecast:
    """Predict a route, then drive it."""
    made = journey(seed, charge=0.75)
    began = time.process_time()
    prediction = Predictor(platform=made.platform, conditions=made.conditions).predict(made.route)
    seconds = time.process_time() - began
    low, high = prediction.interval()
    drawn, mean = _drawn(made), float(prediction.drawn[-1])
    return Forecast(made.route.name.split()[0], drawn / mean, (high - low) / abs(mean), low <= drawn <= high, seconds)


def _drawn(made: Journey) -> float:
    """Energy [J] of the whole route, recharged on the way where that is needed."""
    for end in made.route.ends[1:]:
        made.drive(float(end))
        if made.charge < 0.3:
            made.charge = 0.8
    return made.drawn


def widths(seed: int, worlds: int) -> tuple[float, float]:
    """The relative width of a route's interval: as predicted, and as its energy spreads over so many worlds."""
    made = journey(seed, charge=0.75)
    prediction = Predictor(platform=made.platform, conditions=made.conditions).predict(made.route)
    low, high = prediction.interval()
    drawn = np.array([_drawn(elsewhere(made, seed, number)) for number in range(worlds)])
    return (high - low) / abs(float(prediction.drawn[-1])), 2.0 * Z90 * drawn.std(ddof=1) / abs(float(drawn.mean()))


def asked(seed: int) -> tuple[str, float]:
    """A request of a route: how it ended, and how far above N [share of the usable charge] the car arrived."""
    rng = np.random.default_rng([7, seed])
    charge, least = float(rng.uniform(0.15, 1.0)), float(rng.uniform(0.05, 0.5))
    made = journey(seed, charge=charge)
    request = Request(made.platform, made.route, made.conditions, least=least)
    watch = Watch(request)
    if watch.now.plan is None:
        spare = _at_best(made.again()) - least
        return ("refused, rightly" if spare < 0.0 else "refused, yet it could have been met"), spare
    paces, stopped = _kept(made, watch)
    spare = made.charge - least
    if spare < 0.0:
        return "missed", spare
    return ("met with charging" if stopped else "met by its pace" if min(paces) < 1.0 else "met"), spare


def _kept(made: Journey, watch: Watch) -> tuple[set[float], bool]:
    """Drive as the watch asks; at which paces, and whether the car charged on the way."""
    chargers = {charger.at for charger in made.route.chargers}
    places = sorted({*map(float, made.route.ends[1:]), *(max(at - BEFORE, 0.1) for at in chargers), *chargers})
    used, stopped, paces = 0.0, False, {1.0}
    for place in places:
        paces.add(watch.now.pace)
        stop = watch.now.plan.stops[0] if watch.now.plan is not None and watch.now.plan.stops else None
        if stop is not None and place == stop.charger.at:
            made.drive(place, watch.now.pace)
            made.charge, stopped = max(stop.departure, made.charge), True
        elif not made.drive(place, watch.now.pace):
            return paces, stopped
        watch.passed(place, made.inside - used, made.charge)
        used = made.inside
    return paces, stopped


def _at_best(made: Journey) -> float:
    """The charge at the end of the slowest drive with a full battery from every charger that is reached."""
    for charger in made.route.chargers:
        if not made.drive(charger.at, PACES[-1]):
            return -1.0
        made.charge = 1.0
    return made.charge if made.drive(made.route.length, PACES[-1]) else -1.0


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--routes", type=int, default=500)
    options.add_argument("--first", type=int, default=1000, help="seed of the first route")
    options.add_argument("--requests", type=int, default=-1, help="as many as routes by default")
    options.add_argument("--worlds", type=int, default=0, help="drive each route in so many worlds, and nothing else")
    chosen = options.parse_args()
    if chosen.worlds:
        both = np.array([widths(seed, chosen.worlds) for seed in range(chosen.first, chosen.first + chosen.routes)])
        ours, theirs = 100.0 * np.median(both, axis=0)
        print(f"median width of the interval {ours:.1f} %, of one that knows how worlds are drawn {theirs:.1f} %, "
              f"median ratio {np.median(both[:, 0] / both[:, 1]):.2f}")  # fmt: skip
        return
    rows = [predicted(seed) for seed in range(chosen.first, chosen.first + chosen.routes)]
    for kind in (*sorted({row.kind for row in rows}), "all"):
        part = [row for row in rows if kind in (row.kind, "all")]
        print(
            f"{kind:9} {len(part):4} routes: {100 * np.mean([row.inside for row in part]):5.1f} % inside, median width "
            f"{100 * np.median([row.width for row in part]):5.1f} %, mean of truth over forecast "
            f"{np.mean([row.ratio for row in part]):.3f}, {1e3 * np.mean([row.seconds for row in part]):.1f} ms each",
            flush=True,
        )
    count = chosen.requests if chosen.requests >= 0 else chosen.routes
    ended: Counter[str] = Counter()
    for seed in range(chosen.first, chosen.first + count):
        how, spare = asked(seed)
        ended[how] += 1
        if how in ("missed", "refused, yet it could have been met"):
            print(f"  route {seed}: {how}, {100 * spare:+.1f} points", flush=True)
    for how, number in ended.most_common():
        print(f"{number:5} {how}")
    met = sum(number for how, number in ended.items() if how.startswith("met"))
    taken, could = met + ended["missed"], met + ended["missed"] + ended["refused, yet it could have been met"]
    print(f"met {met} of {taken} that were taken on ({100 * met / max(taken, 1):.1f} %), of {could} that can be met "
          f"({100 * met / max(could, 1):.1f} %)")  # fmt: skip


if __name__ == "__main__":
    main()
