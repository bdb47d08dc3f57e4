"""Which lanes overlap, and where on each: by the areas between their bounds."""

import numpy as np

from evpilot.files import EvpilotError
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.maps.cells import cut, grid
from evpilot.types import LaneGraph
from evpilot.types.state import Array, Bools, Ints

STEP = 2.0  # [m] resolution of the spans
CELL_SIZE = 5.0  # [m]
OVERLAP_MIN = 0.3  # [m] two lanes side by side may touch this deep by careless drawing
OVERLAPS_MAX = 100  # pairs for each piece of lane; a map of one large junction has ten


@kernel()
def _apart(a: Array, b: Array, depth: float) -> bool:
    """Whether an edge of quadrilateral a (4, 2) separates it from b but for `depth` [m] (separating axes)."""
    for i in range(4):
        j = (i + 1) % 4
        nx, ny = a[j, 1] - a[i, 1], a[i, 0] - a[j, 0]
        long = np.sqrt(nx * nx + ny * ny)
        if long < 1e-6:
            continue
        a_low, a_high, b_low, b_high = np.inf, -np.inf, np.inf, -np.inf
        for k in range(4):
            p = (a[k, 0] - a[i, 0]) * nx + (a[k, 1] - a[i, 1]) * ny
            q = (b[k, 0] - a[i, 0]) * nx + (b[k, 1] - a[i, 1]) * ny
            a_low, a_high = min(a_low, p), max(a_high, p)
            b_low, b_high = min(b_low, q), max(b_high, q)
        if min(a_high, b_high) - max(a_low, b_low) < depth * long:
            return True
    return False


@kernel("i8(f8[::1], i8[::1], i8[::1], i8[::1], f8[:, :, ::1], f8[:, ::1], f8[::1], i8[::1], i8, i8, i8[:, ::1])")
def _overlaps(
    frame: Array,
    start: Ints,
    member: Ints,
    lane: Ints,
    corners: Array,
    box: Array,
    z: Array,
    related: Ints,
    lanes: int,
    most: int,
    hits: Ints,
) -> int:
    """Write pairs of overlapping pieces of unrelated lanes a < b into hits (H, 2); return how many there are, which
    may be more than fit; at `most` it ends. box (N, 4) is each piece's low x and y, high x and y; related holds sorted
    a * lanes + b."""
    count = 0
    rows = int(frame[4])
    for cell in range(start.shape[0] - 1):
        for m in range(start[cell], start[cell + 1]):
            p = member[m]
            for n in range(m + 1, start[cell + 1]):
                q = member[n]
                if lane[p] == lane[q] or abs(z[p] - z[q]) > LEVEL:
                    continue
                low_x, low_y = max(box[p, 0], box[q, 0]), max(box[p, 1], box[q, 1])
                if low_x > min(box[p, 2], box[q, 2]) or low_y > min(box[p, 3], box[q, 3]):
                    continue
                # a pair that meets in several cells counts in the one with the low corner of its common box
                column = min(int((low_x - frame[0]) / frame[2]), int(frame[3]) - 1)
                if column * rows + min(int((low_y - frame[1]) / frame[2]), rows - 1) != cell:
                    continue
                key = min(lane[p], lane[q]) * lanes + max(lane[p], lane[q])
                at = np.searchsorted(related, key)
                if at < related.shape[0] and related[at] == key:
                    continue
                if _apart(corners[p], corners[q], OVERLAP_MIN) or _apart(corners[q], corners[p], OVERLAP_MIN):
                    continue
                if count < hits.shape[0]:
                    first = lane[p] < lane[q]
                    hits[count, 0] = p if first else q
                    hits[count, 1] = q if first else p
                count += 1
                if count >= most:
                    return count
    return count


def _related(graph: LaneGraph) -> Ints:
    """Sorted keys a * L + b, a < b, of lanes that touch without conflict."""
    lanes = len(graph)
    own = np.arange(lanes)
    pairs = [np.stack([np.repeat(own, np.diff(graph.successor_start)), graph.successor])]
    beside = (graph.left_neighbour, graph.right_neighbour)
    pairs.extend(np.stack([own, side])[:, side >= 0] for side in beside)
    both = np.concatenate(pairs, axis=1)
    return np.unique(both.min(axis=0) * lanes + both.max(axis=0))


def find_conflicts(graph: LaneGraph) -> tuple[Ints, Ints, Array]:
    """conflict_start (L + 1,), conflict (C,) and conflict_span (C, 4) of a graph, as `LaneGraph` describes them.

    Lanes conflict where their areas overlap by more than OVERLAP_MIN within LEVEL of height; successors and
    neighbours never do, lanes that part from one predecessor or join into one successor do. Raises EvpilotError when
    so many lanes lie on each other, all over the map, that it is no map of roads.
    """
    pieces = cut(graph, STEP)
    cells = grid(pieces.corners, CELL_SIZE)
    box = np.concatenate([pieces.corners.min(axis=1), pieces.corners.max(axis=1)], axis=1)
    hits = np.zeros((max(1024, 4 * len(pieces.lane)), 2), np.int64)
    most = OVERLAPS_MAX * max(1024, len(pieces.lane))
    while True:
        count = _overlaps(
            cells.frame,
            cells.start,
            cells.piece,
            pieces.lane,
            pieces.corners,
            box,
            pieces.z,
            _related(graph),
            len(graph),
            most,
            hits,
        )
        if count >= most:
            raise EvpilotError(f"{len(graph)} lanes, most of them on top of each other: this is no map of roads")
        if count <= len(hits):
            break
        hits = np.zeros((count, 2), np.int64)
    return _spans(hits[:count], pieces.lane, pieces.span, len(graph))


def _spans(hits: Ints, lane: Ints, span: Array, lanes: int) -> tuple[Ints, Ints, Array]:
    """Pairs of pieces gathered to pairs of lanes, each listed from both sides."""
    both = np.concatenate([hits, hits[:, ::-1]])
    key = lane[both[:, 0]] * lanes + lane[both[:, 1]]
    order = np.argsort(key, kind="stable")
    key, both = key[order], both[order]
    first: Bools = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.bool_)
    begin = np.flatnonzero(first)
    start = np.searchsorted(key[begin] // lanes, np.arange(lanes + 1)).astype(np.int64)
    if not len(key):
        return start, np.zeros(0, np.int64), np.zeros((0, 4))
    columns = [
        np.minimum.reduceat(span[both[:, 0], 0], begin),
        np.maximum.reduceat(span[both[:, 0], 1], begin),
        np.minimum.reduceat(span[both[:, 1], 0], begin),
        np.maximum.reduceat(span[both[:, 1], 1], begin),
    ]
    return start, key[begin] % lanes, np.stack(columns, axis=1)
