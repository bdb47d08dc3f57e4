"""Random mutants of small CommonRoad files: each must be read and looked at, or refused with EvpilotError.

Usage: python benchmarks/fuzz_scenarios.py [--count N] [--first N] [--seed S] [--keep DIR] [--file FILE ...]

Anything else is a finding: another exception, more than 2 s, or more than 1 GB. The file of each finding is kept. The
mutant being read is always on disk, so that a crash of the interpreter leaves its cause behind.
"""

import argparse
import random
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "scenarios_commonroad"))

import small_file

from evpilot.files import EvpilotError, read_text
from evpilot.scenarios.check import examine
from evpilot.scenarios.commonroad import read

SECONDS_MAX = 2.0
MEMORY_MAX = 1024**3  # [bytes] above what the interpreter holds at the start
NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1e999",
    "1e308",
    "-1e308",
    "1e-400",
    "1e7",
    "-1e7",
    "9999999",
    "0",
    "-0",
    "0.0",
    "-1",
    "1_0",
    "0x1",
    "٣",
    "''",
    "1e3",
    "1e5",
    "1e-9",
    "2",
    "3",
    "4",
    "5",
    "6",
    "1000000",
    "999999999999999999",
    "99999999999999999999",
    "3.14159265",
    "-3.14159265",
    "180",
    "+5",
    "5.",
    ".5",
    "5e",
    "1e1e1",
    "1,5",
]
NUMBER = re.compile(r"(?<=[>\"])[-+0-9.e]+(?=[<\"])")
TAG = re.compile(r"</?[A-Za-z0-9]+")
ELEMENT = re.compile(r"<([A-Za-z0-9]+)[^<>]*(?:/>|>[^<>]*</\1>)")
ATTRIBUTE = re.compile(r' [A-Za-z]+="[^"]*"')
BIG = re.compile(
    r"<(lanelet|trafficSign|trafficLight|intersection|staticObstacle|dynamicObstacle|planningProblem|state|occupancy|"
    r"goalState|shape|position|trajectory|cycle|leftBound|incoming)\b.*?</\1>",
    re.DOTALL,
)


def _tag(rng: random.Random, text: str) -> str:
    return rng.choice(TAG.findall(text) or ["a"]).lstrip("</")


Mutation = Callable[[random.Random, str], str]


def _piece(rng: random.Random, text: str, pattern: re.Pattern[str]) -> tuple[int, int]:
    found = [match.span() for match in pattern.finditer(text)]
    return rng.choice(found) if found else (0, 0)


def flip_bytes(rng: random.Random, text: str) -> str:
    data = bytearray(text.encode())
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data.decode("latin-1")


def truncate(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text))]


def change_number(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, NUMBER)
    return text[:begin] + rng.choice((*NUMBERS, str(rng.uniform(-50, 200)), str(rng.randrange(100)))) + text[end:]


def change_numbers(rng: random.Random, text: str) -> str:
    for _ in range(rng.randrange(2, 30)):
        text = change_number(rng, text)
    return text


def scale_numbers(rng: random.Random, text: str) -> str:
    factor = rng.choice((1e-6, 1e-3, 0.0, -1.0, 1e3, 1e5, 57.3))

    def scaled(match: re.Match[str]) -> str:
        try:
            return repr(float(match.group()) * factor) if "." in match.group() else match.group()
        except ValueError:
            return match.group()

    return NUMBER.sub(scaled, text)


def change_tag(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, TAG)
    other = _tag(rng, text)
    return (
        text[:begin]
        + text[begin:end].rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        + (other + text[end:])
    )


def rename_element(rng: random.Random, text: str) -> str:
    tag = _tag(rng, text)
    other = _tag(rng, text)
    return re.sub(rf"(</?){tag}\b", rf"\g<1>{other}", text)


def drop_attribute(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, ATTRIBUTE)
    return text[:begin] + text[end:]


def drop_element(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, rng.choice((ELEMENT, BIG)))
    return text[:begin] + text[end:]


def copy_element(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, rng.choice((ELEMENT, BIG)))
    return text[:end] + text[begin:end] * rng.choice((1, 1, 2, 50)) + text[end:]


def move_element(rng: random.Random, text: str) -> str:
    begin, end = _piece(rng, text, rng.choice((ELEMENT, BIG)))
    rest = text[:begin] + text[end:]
    target, _ = _piece(rng, rest, ELEMENT)
    return rest[:target] + text[begin:end] + rest[target:]


def swap_elements(rng: random.Random, text: str) -> str:
    a, b = sorted((_piece(rng, text, ELEMENT), _piece(rng, text, ELEMENT)))
    if a[1] > b[0]:
        return text
    return text[: a[0]] + text[b[0] : b[1]] + text[a[1] : b[0]] + text[a[0] : a[1]] + text[b[1] :]


def insert_junk(rng: random.Random, text: str) -> str:
    junk = ("<", ">", "&", "&amp;", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "\0", "\x01", "\ud7ff", "<a>" * 150)
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(junk) + text[at:]


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes,
    truncate,
    change_number,
    change_number,
    change_number,
    change_numbers,
    scale_numbers,
    change_tag,
    rename_element,
    drop_attribute,
    drop_element,
    copy_element,
    move_element,
    swap_elements,
    insert_junk,
)


def mutant(rng: random.Random, seeds: tuple[str, ...]) -> bytes:
    """One of the sound files after one to three mutations."""
    text = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(MUTATIONS)(rng, text) or " "
    return text.encode("latin-1" if rng.random() < 0.02 else "utf-8", "replace")


def outcome(path: Path) -> str:
    """ "read", "refused", or what went wrong."""
    begin = time.process_time()
    try:
        examine(read(path))
        result = "read"
    except EvpilotError as error:
        result = "refused" if str(path) in str(error) and "\n" not in str(error) else f"no place named: {error}"
    except BaseException as error:  # the fuzzer's finding is whatever escapes
        if isinstance(error, KeyboardInterrupt):
            raise
        result = f"{type(error).__name__}: {error}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}"
    spent = time.process_time() - begin
    if spent > SECONDS_MAX:
        return f"took {spent:.1f} s ({result[:80]})"
    return result


def limit_memory() -> None:
    """Let the process have MEMORY_MAX more than it has now, so that a greedy mutant ends in MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_MAX
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first mutant, to go on with a broken-off run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz_findings"), help="where files of findings go")
    parser.add_argument("--file", type=Path, action="append", help="a sound file to change instead of the made ones")
    args = parser.parse_args()
    made = (small_file.small_2020a(), small_file.small_2018b())
    seeds = tuple(read_text(file) for file in args.file) if args.file else made
    tally: Counter[str] = Counter()
    limit_memory()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.xml"
        for number in range(args.first, args.first + args.count):
            data = mutant(random.Random(f"{args.seed}:{number}"), seeds)
            path.write_bytes(data)
            result = outcome(path)
            tally[result if result in ("read", "refused") else "FOUND"] += 1
            if result not in ("read", "refused"):
                args.keep.mkdir(parents=True, exist_ok=True)
                (args.keep / f"{args.seed}_{number}.xml").write_bytes(data)
                print(f"mutant {args.seed}:{number}: {result}", flush=True)
            if (number + 1) % 10_000 == 0:
                print(f"{number + 1} mutants: {dict(sorted(tally.items()))}", flush=True)
    seconds = time.perf_counter() - begin
    print(f"{args.count} mutants in {seconds:.0f} s: {dict(sorted(tally.items()))}")
    return 1 if tally["FOUND"] else 0


if __name__ == "__main__":
    sys.exit(main())
