"""The phrase that a decision is given."""

from driving_scenes import actor, drive, lane_with_light, light, one_lane, reasons, scene
from planning_parts import crossing

from evpilot.types import LightState


def test_who_brakes_for_somebody_does_not_say_it_is_for_the_red_light_far_behind_them() -> None:
    program = light(LightState.RED)
    run = drive(
        scene(lane_with_light(125.0), actor(4, (50.0, 0.0)), speed=5.0, seconds=8.0, lights=(program,), goals=())
    )
    said = reasons(run)
    assert any("4" in reason for reason in said)
    assert not any("red" in reason for reason in said)


def test_before_a_red_light_it_says_so() -> None:
    run = drive(scene(lane_with_light(), speed=12.0, seconds=12.0, lights=(light(LightState.RED),)))
    assert "stop: the light is red" in reasons(run)


def test_who_waits_before_a_crossing_names_those_who_have_priority_there() -> None:
    stream = [actor(20 + k, (100.0, -60.0 - 25.0 * k), (0.0, 10.0)) for k in range(7)]
    said = reasons(drive(scene(crossing(), *stream, speed=8.0, seconds=14.0)))
    assert any(reason.startswith("yield to 2") for reason in said)
    assert not any(reason.startswith("follow 2") for reason in said)


def test_who_crosses_before_us_is_not_said_to_be_followed() -> None:
    crosser = actor(9, (90.0, -20.0), (0.0, 4.0))
    said = reasons(drive(scene(one_lane(), crosser, speed=8.0, seconds=8.0)))
    assert "yield to 9" in said
    assert not any(reason in said for reason in ("follow 9", "slow down for 9"))


def test_who_cannot_be_escaped_is_said_to_come_from_behind_if_he_does() -> None:
    run = drive(scene(one_lane(), actor(7, (-14.0, 0.0), (30.0, 0.0)), actor(8, (30.0, 0.0)), speed=0.0, seconds=1.0))
    said = reasons(run)
    assert "7 comes from behind" in said
    assert not any("7 is in the way" in reason for reason in said)
