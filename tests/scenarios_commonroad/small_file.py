"""Small sound CommonRoad files, made in code, that use every part of the format."""


def point(x: float, y: float, z: float | None = None) -> str:
    height = "" if z is None else f"<z>{z}</z>"
    return f"<point><x>{x}</x><y>{y}</y>{height}</point>"


def bound(side: str, y: float, xs: tuple[float, ...], z: float | None = None, marking: str = "dashed") -> str:
    points = "".join(point(x, y, z) for x in xs)
    return f"<{side}Bound>{points}<lineMarking>{marking}</lineMarking></{side}Bound>"


def lanelet(identity: int, xs: tuple[float, ...], left: float, right: float, rest: str, z: float | None = None) -> str:
    sides = bound("left", left, xs, z) + bound("right", right, xs, z, "solid")
    return f'<lanelet id="{identity}">{sides}{rest}</lanelet>\n'


def exact(tag: str, value: object) -> str:
    return f"<{tag}><exact>{value}</exact></{tag}>"


def between(tag: str, first: object, last: object) -> str:
    return f"<{tag}><intervalStart>{first}</intervalStart><intervalEnd>{last}</intervalEnd></{tag}>"


def state(tag: str, step: int, x: float, y: float, yaw: float = 0.0, speed: float | None = 5.0, rest: str = "") -> str:
    place = f"<position>{point(x, y)}</position>{exact('orientation', yaw)}{exact('time', step)}"
    return f"<{tag}>{place}{'' if speed is None else exact('velocity', speed)}{rest}</{tag}>\n"


def rectangle(length: float, width: float, x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> str:
    center = f"<center><x>{x}</x><y>{y}</y></center>"
    size = f"<length>{length}</length><width>{width}</width>"
    return f"<rectangle>{size}<orientation>{yaw}</orientation>{center}</rectangle>"


def polygon(*corners: tuple[float, float]) -> str:
    return f"<polygon>{''.join(point(x, y) for x, y in corners)}</polygon>"


SIGNALS = (
    "<initialSignalState><time><exact>0</exact></time><brakingLights>true</brakingLights></initialSignalState>"
    "<signalSeries><signalState><time><exact>2</exact></time><indicatorLeft>true</indicatorLeft>"
    "<brakingLights>false</brakingLights></signalState></signalSeries>"
)

LIGHT = (
    '<trafficLight id="30"><cycle>'
    "<cycleElement><duration>30</duration><color>green</color></cycleElement>"
    "<cycleElement><duration>10</duration><color>yellow</color></cycleElement>"
    "<cycleElement><duration>40</duration><color>red</color></cycleElement>"
    "<cycleElement><duration>5</duration><color>redYellow</color></cycleElement>"
    "<timeOffset>10</timeOffset></cycle>"
    f"<position>{point(40.0, -4.0)}</position><direction>leftStraight</direction><active>true</active></trafficLight>\n"
)

LANES = (
    lanelet(
        1,
        (0.0, 20.0, 40.0),
        0.0,
        -3.5,
        '<successor ref="4"/><adjacentLeft ref="2" drivingDir="same"/><stopLine><lineMarking>solid</lineMarking>'
        '<trafficLightRef ref="30"/></stopLine><laneletType>urban</laneletType><userOneWay>vehicle</userOneWay>'
        '<trafficSignRef ref="20"/><trafficLightRef ref="30"/>',
    )
    + lanelet(
        2,
        (0.0, 20.0, 40.0),
        3.5,
        0.0,
        '<adjacentRight ref="1" drivingDir="same"/><adjacentLeft ref="3" drivingDir="opposite"/>'
        "<laneletType>urban</laneletType>",
    )
    + lanelet(
        3, (40.0, 20.0, 0.0), 3.5, 7.0, "<laneletType>urban</laneletType><userBidirectional>car</userBidirectional>"
    )
    + lanelet(4, (40.0, 60.0), 0.0, -3.5, '<predecessor ref="1"/><successor ref="5"/><trafficSignRef ref="21"/>')
    + lanelet(5, (60.0, 160.0), 0.0, -3.5, '<predecessor ref="4"/><laneletType>country</laneletType>')
    + '<lanelet id="6">'
    + f"<leftBound>{point(50.0, -10.0)}{point(50.0, 10.0)}</leftBound>"
    + f"<rightBound>{point(53.0, -10.0)}{point(53.0, 10.0)}</rightBound>"
    + "<laneletType>crosswalk</laneletType></lanelet>\n"
)

SIGNS = (
    '<trafficSign id="20"><trafficSignElement><trafficSignID>274</trafficSignID>'
    "<additionalValue>13.89</additionalValue></trafficSignElement>"
    f"<position>{point(1.0, -4.0)}</position><virtual>false</virtual></trafficSign>\n"
    '<trafficSign id="21"><trafficSignElement><trafficSignID>205</trafficSignID></trafficSignElement></trafficSign>\n'
)

INTERSECTION = (
    '<intersection id="40"><incoming id="41"><incomingLanelet ref="1"/><successorsStraight ref="4"/></incoming>'
    '<crossing><crossingLanelet ref="6"/></crossing></intersection>\n'
)

STATIC = (
    f'<staticObstacle id="50"><type>parkedVehicle</type><shape>{rectangle(4.5, 2.0)}</shape>'
    + state("initialState", 0, 80.0, -3.0, 0.1, None)
    + "</staticObstacle>\n"
)

DYNAMIC = (
    f'<dynamicObstacle id="51"><type>car</type><shape>{rectangle(4.8, 1.9)}</shape>'
    + state("initialState", 0, 25.0, -1.75, 0.0, 5.0, exact("acceleration", 0.1))
    + "<trajectory>"
    + "".join(state("state", k, 25.0 + 0.5 * k, -1.75, 0.0, 5.0, exact("acceleration", 0.0)) for k in range(1, 9))
    + f"</trajectory>{SIGNALS}</dynamicObstacle>\n"
)

WALKER = (
    '<dynamicObstacle id="52"><type>pedestrian</type><shape><circle><radius>0.4</radius></circle></shape>'
    + state("initialState", 0, 51.0, -8.0, 1.57, None)
    + "<trajectory>"
    + "".join(state("state", k, 51.0, -8.0 + 0.14 * k, 1.57, None) for k in (1, 2, 4, 5))
    + "</trajectory></dynamicObstacle>\n"
)

UNCERTAIN = (
    f'<dynamicObstacle id="53"><type>truck</type><shape>{rectangle(8.0, 2.5)}</shape>'
    f"<initialState><position>{rectangle(0.6, 0.4, 100.0, -1.75)}</position>{between('orientation', -0.01, 0.03)}"
    f"{exact('time', 0)}{between('velocity', 9.0, 11.0)}</initialState></dynamicObstacle>\n"
)

SET_BASED = (
    f'<dynamicObstacle id="54"><type>bicycle</type><shape>{rectangle(2.0, 0.8)}</shape>'
    + state("initialState", 0, 10.0, 5.25, 3.14159, 4.0)
    + "<occupancySet>"
    + "".join(
        f"<occupancy><shape>{polygon((8 - k, 4.5), (11, 4.5), (11, 6), (8 - k, 6))}</shape>"
        f"{between('time', k, k + 1)}</occupancy>"
        for k in range(0, 4)
    )
    + "</occupancySet></dynamicObstacle>\n"
)

GOAL_REGION = (
    f"<goalState><position>{rectangle(6.0, 3.0, 150.0, -1.75)}</position>{between('time', 50, 120)}"
    f"{between('velocity', 2.0, 14.0)}{between('orientation', -0.2, 0.2)}</goalState>"
)
GOAL_LANES = (
    f'<goalState><position><lanelet ref="4"/><lanelet ref="5"/></position>{between("time", 10, 80)}</goalState>'
)
GOAL_TIME = f"<goalState>{exact('time', 33)}</goalState>"
START = state("initialState", 0, 5.0, -1.75, 0.0, 8.0, exact("yawRate", 0.0) + exact("slipAngle", 0.0))
PROBLEMS = (
    f'<planningProblem id="70">{START}{GOAL_REGION}{GOAL_LANES}</planningProblem>\n'
    f'<planningProblem id="71">{START}{GOAL_TIME}</planningProblem>\n'
)


def header(version: str, rest: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<commonRoad timeStepSize="0.1" commonRoadVersion="{version}" author="A. Tester" affiliation="" source="code" '
        f'benchmarkID="ZAM_Small-1_1_T-1" date="2026-01-01"{rest}>\n'
    )


def small_2020a() -> str:
    """Every part of the 2020a format once."""
    place = "<location><geoNameId>-999</geoNameId></location><scenarioTags><urban/><two_lane/></scenarioTags>\n"
    obstacles = STATIC + DYNAMIC + WALKER + UNCERTAIN + SET_BASED
    return header("2020a") + place + LANES + SIGNS + LIGHT + INTERSECTION + obstacles + PROBLEMS + "</commonRoad>\n"


def small_2018b() -> str:
    """A plain road with a limit, a standing and a moving obstacle."""
    lanes = lanelet(
        1,
        (0.0, 50.0),
        3.5,
        0.0,
        '<successor ref="2"/><adjacentRight ref="3" drivingDir="same"/><speedLimit>27.78</speedLimit>',
    )
    lanes += lanelet(2, (50.0, 100.0), 3.5, 0.0, '<predecessor ref="1"/>')
    lanes += lanelet(3, (0.0, 50.0), 0.0, -3.5, '<adjacentLeft ref="1" drivingDir="same"/>')
    obstacles = (
        f'<obstacle id="8"><role>static</role><type>unknown</type><shape>{rectangle(4.0, 2.0, 0.0, 0.0, 0.0)}</shape>'
        + state("initialState", 0, 90.0, 1.75)
        + '</obstacle>\n<obstacle id="9"><role>dynamic</role><type>bus</type><shape>'
        + f"{polygon((-5, -1.2), (5, -1.2), (6, 0), (5, 1.2), (-5, 1.2))}</shape>"
        + state("initialState", 2, 20.0, 1.75, 0.0, 10.0)
        + "<trajectory>"
        + "".join(state("state", k, 18.0 + k, 1.75, 0.0, 10.0) for k in range(3, 8))
        + "</trajectory></obstacle>\n"
    )
    goal = f"<goalState><position>{rectangle(10, 4, 95, 1.75)}</position>{between('time', 0, 90)}</goalState>"
    problem = f'<planningProblem id="70">{state("initialState", 0, 5.0, 1.75, 0.0, 12.0)}{goal}</planningProblem>\n'
    return header("2018b", ' tags="highway multi_lane"') + lanes + obstacles + problem + "</commonRoad>\n"
