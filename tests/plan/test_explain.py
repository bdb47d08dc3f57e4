"""The phrase that a decision is given."""

from driving_scenes import actor, drive, lane_with_light, light, reasons, scene

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
