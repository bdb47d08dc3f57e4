"""CommonRoad's words (XML 2018b and 2020a, commonroad-scenarios documentation) and ours."""

from evpilot.types import Arrow, LaneKind, LightState, Marking, ObjectKind, Priority, Signal, Turn, User

VERSIONS = ("2018b", "2020a")

# The first that a lanelet names decides its kind, so the narrowest use comes first.
LANE_KINDS: dict[str, LaneKind] = {
    "crosswalk": LaneKind.CROSSWALK,
    "sidewalk": LaneKind.SIDEWALK,
    "bicycleLane": LaneKind.BICYCLE,
    "busLane": LaneKind.BUS,
    "busStop": LaneKind.BUS,
    "parking": LaneKind.PARKING,
    "restricted": LaneKind.RESTRICTED,
    "border": LaneKind.RESTRICTED,
    "shoulder": LaneKind.SHOULDER,
    "accessRamp": LaneKind.ON_RAMP,
    "exitRamp": LaneKind.OFF_RAMP,
    "driveWay": LaneKind.DRIVEWAY,
    "interstate": LaneKind.MOTORWAY,
    "highway": LaneKind.MOTORWAY,
    "mainCarriageWay": LaneKind.MOTORWAY,
    "country": LaneKind.COUNTRY,
    "urban": LaneKind.URBAN,
    "intersection": LaneKind.INTERSECTION,
    "unknown": LaneKind.UNKNOWN,
}
# Who may use a lane whose file does not say.
LANE_USERS: dict[LaneKind, User] = {
    LaneKind.CROSSWALK: User.PEDESTRIAN | User.BICYCLE,
    LaneKind.SIDEWALK: User.PEDESTRIAN,
    LaneKind.BICYCLE: User.BICYCLE,
    LaneKind.BUS: User.BUS | User.TAXI | User.EMERGENCY,
    LaneKind.RESTRICTED: User.EMERGENCY,
    LaneKind.SHOULDER: User.EMERGENCY,
}
USERS: dict[str, User] = {
    "vehicle": User.VEHICLE,
    "car": User.CAR,
    "truck": User.TRUCK,
    "bus": User.BUS,
    "priorityVehicle": User.EMERGENCY,
    "motorcycle": User.MOTORCYCLE,
    "bicycle": User.BICYCLE,
    "pedestrian": User.PEDESTRIAN,
    "train": User.TRAIN,
    "taxi": User.TAXI,
}
MARKINGS: dict[str, Marking] = {
    "unknown": Marking.UNKNOWN,
    "no_marking": Marking.NONE,
    "dashed": Marking.DASHED,
    "dashed_dashed": Marking.DASHED,
    "dashed_solid": Marking.DASHED,
    "solid": Marking.SOLID,
    "solid_solid": Marking.SOLID,
    "solid_dashed": Marking.SOLID,
    "broad_dashed": Marking.BROAD_DASHED,
    "broad_solid": Marking.BROAD_SOLID,
    "curb": Marking.CURB,
    "lowered_curb": Marking.CURB,
}
# Maximum-speed signs by country; the additional value is in m/s.
SPEED_LIMIT_SIGNS = frozenset({"274", "274.1", "R2-1", "r301", "3.24", "R15", "C43", "B14", "Ρ-32", "B31"})
PRIORITY_SIGNS: dict[str, Priority] = {
    "102": Priority.RIGHT_BEFORE_LEFT,
    "205": Priority.YIELD,
    "206": Priority.STOP,
    "301": Priority.PRIORITY,
    "306": Priority.PRIORITY,
    "R1-1": Priority.STOP,
    "R1-2": Priority.YIELD,
    "R1-3": Priority.ALL_WAY_STOP,
    "R1-3P": Priority.ALL_WAY_STOP,
    "r1": Priority.YIELD,
    "r2": Priority.STOP,
}
OBSTACLES: dict[str, ObjectKind] = {
    "unknown": ObjectKind.UNKNOWN,
    "car": ObjectKind.CAR,
    "taxi": ObjectKind.CAR,
    "truck": ObjectKind.TRUCK,
    "bus": ObjectKind.BUS,
    "motorcycle": ObjectKind.MOTORCYCLE,
    "bicycle": ObjectKind.BICYCLE,
    "pedestrian": ObjectKind.PEDESTRIAN,
    "priorityVehicle": ObjectKind.EMERGENCY,
    "parkedVehicle": ObjectKind.PARKED,
    "constructionZone": ObjectKind.CONE,
    "roadBoundary": ObjectKind.BARRIER,
    "median_strip": ObjectKind.BARRIER,
    "medianStrip": ObjectKind.BARRIER,
    "building": ObjectKind.BUILDING,
    "pillar": ObjectKind.BUILDING,
    "train": ObjectKind.TRAIN,
}
HEIGHTS: dict[ObjectKind, float] = {  # [m] typical; no file says
    ObjectKind.TRUCK: 3.8,
    ObjectKind.BUS: 3.2,
    ObjectKind.TRAIN: 3.8,
    ObjectKind.EMERGENCY: 2.5,
    ObjectKind.PEDESTRIAN: 1.75,
    ObjectKind.BICYCLE: 1.75,
    ObjectKind.CONE: 0.8,
    ObjectKind.BARRIER: 1.0,
    ObjectKind.BUILDING: 6.0,
}
SIGNALS: dict[str, Signal] = {
    "indicatorLeft": Signal.LEFT,
    "indicatorRight": Signal.RIGHT,
    "brakingLights": Signal.BRAKE,
    "hazardWarningLights": Signal.HAZARD,
    "flashingBlueLights": Signal.BLUE,
}
COLORS: dict[str, LightState] = {
    "red": LightState.RED,
    "redYellow": LightState.RED_AMBER,
    "yellow": LightState.AMBER,
    "green": LightState.GREEN,
    "inactive": LightState.DARK,
}
ARROWS: dict[str, Arrow] = {
    "all": Arrow.ALL,
    "left": Arrow.LEFT,
    "straight": Arrow.STRAIGHT,
    "right": Arrow.RIGHT,
    "leftStraight": Arrow.LEFT | Arrow.STRAIGHT,
    "straightRight": Arrow.STRAIGHT | Arrow.RIGHT,
    "leftRight": Arrow.LEFT | Arrow.RIGHT,
}
TURNS: dict[str, Turn] = {
    "successorsLeft": Turn.LEFT,
    "successorsStraight": Turn.STRAIGHT,
    "successorsRight": Turn.RIGHT,
}
