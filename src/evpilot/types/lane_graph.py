"""The road as arrays: lanes, how they connect, and what rules them."""

from dataclasses import dataclass, field

import numpy as np

from evpilot.types.state import Array, Bools, Bytes, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneGraph:
    """All lanes of a map; a lane is an index 0..L-1, never its source's id. Every list-of-lists is in CSR form: item i
    owns rows start[i]:start[i + 1].

    Lanes: lane_id (L,) the source's ids; point_start (L + 1,) into center, left, right (P, 3) [m] and arc (P,) [m],
    the plane arc length of the centre line from its lane's start; length (L,) [m]; kind (L,) LaneKind; users (L,) int64
    User flags along the lane; users_against (L,) User flags that may also drive against it; speed_limit (L,) [m/s], inf
    when none is known; left_marking, right_marking (L,) Marking.

    Connections: successor_start (L + 1,), successor (S,); predecessor likewise; left_neighbour, right_neighbour (L,)
    lane or -1; left_same, right_same (L,) whether that neighbour runs in the same direction; left_told (L,) whether the
    source names the left neighbour itself, () where that is not known.

    Junctions: junction (L,) index of the junction that the lane crosses, or -1; turn (L,) Turn; priority (L,) Priority
    of the traffic that comes along this lane into the junction, on the junction's lanes and on the approach.
    conflict_start (L + 1,), conflict (C,) lanes whose area overlaps this one's without being its successor, predecessor
    or neighbour; conflict_span (C, 4) [m] where on this lane it begins and ends, and where on the other;
    conflict_yields (C,) whether traffic on this lane must let the other's pass.

    Stop lines: stop_line (K, 2, 3) end points; stop_lane (K,) the lane they stand on; stop_s (K,) [m] where on it;
    stop_kind (K,) StopKind. Lights: light_id (G,); light_pose (G, 4) x, y, z, yaw towards which it faces;
    light_arrow (G,) Arrow; light_lane_start (G + 1,), light_lane the lanes whose end (or stop line) they rule.
    Signs: sign_code (S,) as in the source, sign_value (S,) as text; sign_pose (S, 4); sign_lane_start, sign_lane.
    Crosswalks: crosswalk_start (W + 1,), crosswalk (Q, 3) polygon points; crosswalk_lane_start (W + 1,),
    crosswalk_lane lanes it crosses, crosswalk_span (., 2) [m] from where to where on them.
    """

    lane_id: Ints
    point_start: Ints
    center: Array
    left: Array
    right: Array
    arc: Array
    length: Array
    kind: Bytes
    users: Ints
    users_against: Ints
    speed_limit: Array
    left_marking: Bytes
    right_marking: Bytes
    successor_start: Ints
    successor: Ints
    predecessor_start: Ints
    predecessor: Ints
    left_neighbour: Ints
    right_neighbour: Ints
    left_same: Bools
    right_same: Bools
    left_told: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    junction: Ints
    turn: Bytes
    priority: Bytes
    conflict_start: Ints
    conflict: Ints
    conflict_span: Array
    conflict_yields: Bools
    stop_line: Array
    stop_lane: Ints
    stop_s: Array
    stop_kind: Bytes
    light_id: Ints
    light_pose: Array
    light_arrow: Bytes
    light_lane_start: Ints
    light_lane: Ints
    sign_code: tuple[str, ...]
    sign_value: tuple[str, ...]
    sign_pose: Array
    sign_lane_start: Ints
    sign_lane: Ints
    crosswalk_start: Ints
    crosswalk: Array
    crosswalk_lane_start: Ints
    crosswalk_lane: Ints
    crosswalk_span: Array

    def __len__(self) -> int:
        return len(self.lane_id)

    def points(self, lane: int) -> slice:
        """The rows of a lane in center, left, right and arc."""
        return slice(int(self.point_start[lane]), int(self.point_start[lane + 1]))

    def successors(self, lane: int) -> Ints:
        """The lanes that continue a lane."""
        return self.successor[self.successor_start[lane] : self.successor_start[lane + 1]]

    def predecessors(self, lane: int) -> Ints:
        """The lanes that lead into a lane."""
        return self.predecessor[self.predecessor_start[lane] : self.predecessor_start[lane + 1]]

    def lights_of(self, lane: int) -> Ints:
        """The lights that rule a lane."""
        owner = np.repeat(np.arange(len(self.light_id)), np.diff(self.light_lane_start))
        return owner[self.light_lane == lane]
