"""Tables of a car's energy and of its file."""

from pathlib import Path

from evpilot.files import EvpilotError, write_text
from evpilot.report.terminal.progress import warmed_up
from evpilot.report.terminal.tables import console, linked, marked, plain_table
from evpilot.types import Platform, Spent
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.traces import trace_of
from evpilot.vehicle.platforms.template import template
from evpilot.vehicle.powertrain.charging import charging_seconds
from evpilot.vehicle.powertrain.conditions import KELVIN, Conditions
from evpilot.vehicle.powertrain.estimates import powertrain_of

KERNELS = ("vehicle.cycles.follow",)
WHERE = (  # what of a balance is shown together
    ("air", (Spent.AIR,)),
    ("rolling and bends", (Spent.ROLLING, Spent.CORNERING, Spent.SLIP)),
    ("grade", (Spent.GRADE,)),
    ("friction brakes", (Spent.FRICTION,)),
    ("gear", (Spent.GEAR,)),
    ("motor and inverter", (Spent.MOTOR,)),
    ("auxiliaries", (Spent.AUXILIARY,)),
    ("climate", (Spent.CLIMATE,)),
)


def show_energy(
    platform: str,
    cycle: str,
    *,
    charge: float,
    temperature: float,
    mass: float,
    climate: bool,
    computer: bool,
    out: Path | None,
) -> None:
    """Drive a cycle, print what it took, and draw it. Raises EvpilotError on bad input, before anything is compiled."""
    car, trace = platforms.load(platform), trace_of(cycle)
    told_conditions(charge, temperature, mass)
    conditions = Conditions(charge=0.01 * charge, temperature=KELVIN + temperature, climate=climate, computer=computer)
    warmed_up(KERNELS)

    from evpilot.report.energy_plot import plot
    from evpilot.vehicle.cycles.follow import CHARGING, SPEED_SLACK, WH, bench

    run = bench(car, trace, conditions, mass=mass)
    metres = max(run.distance, 1.0)
    table = plain_table("", car.name, "share", right=("share",))
    table.add_row("cycle", trace.title, "")
    used = run.battery_per_km
    table.add_row("at the battery", f"{used:.1f} Wh/km", "")
    table.add_row("at the wall", f"{run.wall_per_km:.1f} Wh/km, charging at {CHARGING:.2f}", "")
    if used > 0.0:
        table.add_row("range", f"{car.battery_energy / WH / used:.0f} km on {car.battery_energy / 3.6e6:.1f} kWh", "")
    table.add_row("recuperated", f"{100.0 * run.recuperated_share:.0f} % of what braking took", "")
    for label, columns in WHERE:
        part = sum(float(run.spent[column]) for column in columns) / WH / metres * 1e3
        if abs(part) >= 0.05:
            table.add_row(f"  {label}", f"{part:.1f} Wh/km", f"{100.0 * part / used:.0f} %" if used > 0.0 else "")
    left = (run.kinetic) / WH / metres * 1e3
    if abs(left) >= 0.05:
        table.add_row("  still in the motion", f"{left:.1f} Wh/km", "")
    table.add_row(
        "  lost inside the battery", f"{float(run.spent[Spent.BATTERY]) / WH / metres * 1e3:.1f} Wh/km, beside", ""
    )
    table.add_row("charge", f"{100 * run.charge[0]:.1f} % to {100 * run.charge[-1]:.1f} %", "")
    table.add_row("driven", f"{metres / 1e3:.2f} km in {run.time[-1]:.0f} s at {run.mass:.0f} kg", "")
    screen = console()
    screen.print(table)
    if run.off > 0.0:
        what = f"the car could not follow the trace: {3.6 * run.off:.1f} km/h beyond {3.6 * SPEED_SLACK:g} km/h and 1 s"
        screen.print(marked(what, False))
    path = out or Path(f"energy-{car.key}-{trace.name}.svg")
    write_text(path, plot(run, car))
    screen.print("plot:", linked(path))


def told_conditions(charge: float, temperature: float, mass: float) -> None:
    """Raise EvpilotError when an option of the conditions is out of range."""
    for name, value, low, high, unit in (
        ("--charge", charge, 0.0, 100.0, "%"),
        ("--temperature", temperature, -50.0, 60.0, "degrees Celsius"),
        ("--mass", mass, 0.0, 60_000.0, "kg"),
    ):
        if not low <= value <= high:
            raise EvpilotError(f"{value:g} {unit}, allowed {low:g} to {high:g} {unit}", place=name)


def show_platform(name: str) -> None:
    """Print what a platform is able to do, and how much of it is estimated. Raises EvpilotError when it is unsound."""
    car = platforms.load(name)
    train = powertrain_of(car)
    table = plain_table("", car.name)
    front = car.cg_to_rear / car.wheelbase
    force = train.motor_torque * train.gear_ratio * train.gear_efficiency / train.wheel_radius
    estimated = [key for key, source in car.sources.items() if source.startswith("estimated")]
    shaft = train.gear_ratio * car.speed_max / train.wheel_radius
    pack = f"{train.battery_gross / 3.6e6:.1f} kWh, {train.battery_voltage:.0f} V, {train.chemistry}"
    minutes = charging_seconds(car, 0.1, 0.8) / 60.0
    pull = f"{force / car.mass:.1f} m/s2 at the {_axles(train.driven)}"
    rows = (
        ("axle loads", f"{front * car.mass:.0f} kg in front, {(1 - front) * car.mass:.0f} kg behind"),
        ("acceleration", f"{car.accel_max:.1f} m/s2; the motor gives {pull}"),
        ("braking", f"{car.brake_max:.1f} m/s2 of {car.friction * 9.81:.1f} m/s2 grip"),
        ("top speed", f"{car.speed_max * 3.6:.0f} km/h at {shaft:.0f} rad/s"),
        ("power", f"{car.drive_power / 1e3:.0f} kW peak, {train.continuous_power / 1e3:.0f} kW continuous"),
        ("battery", f"{car.battery_energy / 3.6e6:.1f} of {pack}"),
        ("10 to 80 %", f"{minutes:.0f} min at up to {train.dc_charge_power / 1e3:.0f} kW"),
        ("sensors", ", ".join(sensor.name for sensor in car.sensors) or "none told"),
        ("estimated", f"{len(estimated)} of {len(car.sources)} values"),
    )
    for label, text in rows:
        table.add_row(label, text)
    screen = console()
    screen.print(table)
    screen.print(marked("sound", True))


def begin_platform(name: str) -> None:
    """Write NAME.toml. Raises EvpilotError when it is there already or the name cannot be a key."""
    text = template(name, platforms.load("sedan"))
    path = Path(f"{name}.toml")
    if path.exists():
        raise EvpilotError("is there already; evpilot overwrites no file of yours", file=path)
    write_text(path, text)
    console().print("platform:", linked(path))


def _axles(driven: str) -> str:
    return "wheels of both axles" if driven == "all" else f"{driven} wheels"


def claimed_range(car: Platform) -> str:
    """The maker's range and its cycle, where they are known."""
    train = powertrain_of(car)
    return f"{train.range / 1e3:.0f} {train.range_cycle.upper()}" if train.range > 0.0 else ""
