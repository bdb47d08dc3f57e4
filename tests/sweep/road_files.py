"""Small CommonRoad files for the sweep's tests: a straight road, a car ahead, a goal."""

from pathlib import Path

ROAD = """<?xml version="1.0" encoding="UTF-8"?>
<commonRoad commonRoadVersion="2018b" benchmarkID="ZAM_Test-{number}_1_T-1" date="2026-01-01" author="evpilot"
 affiliation="none" source="made" tags="test" timeStepSize="0.1">
  <lanelet id="1">
    <leftBound>{left}</leftBound>
    <rightBound>{right}</rightBound>
  </lanelet>
  <obstacle id="10">
    <role>dynamic</role><type>car</type>
    <shape><rectangle><length>4.5</length><width>1.8</width></rectangle></shape>
    <initialState>{start}</initialState>
    <trajectory>{states}</trajectory>
  </obstacle>
  <planningProblem id="100">
    <initialState>
      <position><point><x>10.0</x><y>0.0</y></point></position>
      <velocity><exact>10.0</exact></velocity>
      <orientation><exact>0.0</exact></orientation>
      <yawRate><exact>0.0</exact></yawRate>
      <slipAngle><exact>0.0</exact></slipAngle>
      <time><exact>0</exact></time>
    </initialState>
    <goalState>
      <position><rectangle><length>20.0</length><width>4.0</width><center><x>60.0</x><y>0.0</y></center></rectangle>
      </position>
      <time><intervalStart>1</intervalStart><intervalEnd>80</intervalEnd></time>
    </goalState>
  </planningProblem>
</commonRoad>
"""


def road_file(folder: Path, number: int) -> Path:
    """A file in which a car drives ahead at a speed that grows with the number."""
    speed = 8.0 + number
    states = [
        f"<position><point><x>{40.0 + 0.1 * step * speed:.4f}</x><y>0.0</y></point></position>"
        f"<orientation><exact>0.0</exact></orientation><time><exact>{step}</exact></time>"
        f"<velocity><exact>{speed}</exact></velocity>"
        for step in range(81)
    ]
    points = [f"<point><x>{x}.0</x><y>{{y}}</y></point>" for x in range(-50, 251, 10)]
    path = folder / f"ZAM_Test-{number}_1_T-1.xml"
    path.write_text(
        ROAD.format(
            number=number,
            left="".join(point.format(y=2.0) for point in points),
            right="".join(point.format(y=-2.0) for point in points),
            start=states[0],
            states="".join(f"<state>{state}</state>" for state in states[1:]),
        )
    )
    return path
