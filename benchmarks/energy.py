"""Energy against FASTSim 3.1.0 with its own parameters in both, against public consumption, and the step's cost.

    python benchmarks/energy.py

FASTSim (NREL, Apache-2.0) runs in an environment of its own below .bench/; the traces come from EVPILOT_DATA.
"""

import dataclasses
import json
import subprocess
import sys
import time

import numpy as np
from environments import environment

from evpilot.files import EvpilotError
from evpilot.geometry.jit import kernel
from evpilot.types import Platform
from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.follow import bench
from evpilot.vehicle.cycles.traces import trace_of
from evpilot.vehicle.dynamics import Par, car_step, parameters
from evpilot.vehicle.powertrain.battery import REFERENCE
from evpilot.vehicle.powertrain.columns import Ev
from evpilot.vehicle.powertrain.conditions import CERTIFIED, MILD
from evpilot.vehicle.powertrain.losses import measured_map
from evpilot.vehicle.powertrain.packing import packed
from evpilot.vehicle.powertrain.step import powered_step

CARS = {
    "model3_rwd": "2022 Tesla Model 3 RWD thrml.yaml",
    "leaf30": "2016 Nissan Leaf 30 kWh thrml.yaml",
    "bolt": "2020 Chevrolet Bolt EV thrml.yaml",
    "zoe_r135": "2022_Renault_Zoe_ZE50_R135.yaml",
}
CYCLES = ("udds", "hwfet", "wltc3b")
PUBLIC = {  # [Wh/km] at the wall, unadjusted where EPA's; sources in ../shared/data/platforms
    ("model3_rwd", "udds"): 113.0,
    ("model3_rwd", "hwfet"): 123.1,
    ("model3_rwd", "wltc3b"): 144.0,
    ("leaf40", "udds"): 119.3,
    ("leaf40", "hwfet"): 148.3,
    ("zoe_r135", "wltc3b"): 174.0,
    ("bolt", "udds"): 113.6,
    ("bolt", "hwfet"): 134.5,
    ("ioniq5", "udds"): 109.4,
    ("ioniq5", "hwfet"): 148.5,
}
AT_BATTERY = {("su7", "cltc-p"): 104.0, ("su7_max", "cltc-p"): 124.0, ("arcfox_alpha_t", "nedc"): 138.0}
ORACLE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import fastsim
job = json.load(sys.stdin)
out = {}
for car, resource in job["cars"].items():
    for cycle, (time, speed) in job["cycles"].items():
        vehicle = fastsim.Vehicle.from_resource(resource)
        made = fastsim.Cycle.from_pydict(
            {"name": cycle, "time_seconds": time, "speed_meters_per_second": speed}, skip_init=False
        )
        drive = fastsim.SimDrive(vehicle, made)
        drive.walk()
        state = drive.to_dict()["veh"]
        battery = state["pt_type"]["BEV"]["res"]["state"]
        metres = state["state"]["dist_meters"]
        parts = vehicle.to_dict()
        out[f"{car} {cycle}"] = {
            "wh_km": battery["energy_out_chemical_joules"] / 3.6 / metres,
            "parameters": {
                "mass": parts["mass_kilograms"], "chassis": parts["chassis"], "aux": parts["pwr_aux_base_watts"],
                "em": parts["pt_type"]["BEV"]["em"], "gear": parts["pt_type"]["BEV"]["transmission"]["eff_interp"],
                "battery": parts["pt_type"]["BEV"]["res"]["eff_interp"],
                "capacity": parts["pt_type"]["BEV"]["res"]["energy_capacity_joules"],
            },
        }
json.dump(out, sys.stdout)
"""


def oracle() -> dict[str, dict[str, object]]:
    """FASTSim's consumption and parameters of each car on each cycle."""
    traces = {name: trace_of(name) for name in CYCLES}
    cycles = {name: (trace.time.tolist(), trace.speed.tolist()) for name, trace in traces.items()}
    job = json.dumps({"cars": CARS, "cycles": cycles})
    found = subprocess.run(
        [environment("fastsim"), "-I", "-c", ORACLE], input=job, capture_output=True, text=True, check=True
    )
    return json.loads(found.stdout)


def as_fastsim(car: Platform, found: dict) -> tuple[object, Array]:
    """Our powertrain with FASTSim's parameters: chassis, constant gear, efficiency over power, battery efficiency."""
    chassis, em = found["chassis"], found["em"]
    values = em["eff_interp_achieved"]["data"]
    nodes, efficiency = np.array(values["grid"][0]["data"]), np.array(values["values"]["data"])
    most = em["pwr_out_max_watts"]
    step = em["eff_interp_achieved"]["strategy"] != "Linear"
    train = packed(car, CERTIFIED)

    def lost(speed: Array, torque: Array) -> Array:
        power = np.abs(speed * torque)
        share = np.clip(power / most, 0.0, 1.0)
        yields = (
            efficiency[np.searchsorted(nodes, share, side="right") - 1] if step else np.interp(share, nodes, efficiency)
        )
        return np.where(torque > 0.0, power * (1.0 / yields - 1.0), power * (1.0 - yields))

    torque = most / (0.25 * train.ev[Ev.MAP_SPEED])
    losses = measured_map(torque, float(train.ev[Ev.MAP_SPEED]), lost)
    ev = train.ev.copy()
    ev[Ev.TORQUE], ev[Ev.SHAFT_POWER], ev[Ev.GEAR_EFFICIENCY] = torque, most, found["gear"]
    ev[Ev.AUXILIARY], ev[Ev.CLIMATE], ev[Ev.SLIP_STIFFNESS] = found["aux"], 0.0, 1e12
    ev[Ev.DRAG_IRON] = ev[Ev.DRAG_WINDAGE] = 0.0
    ev[Ev.FADE_LOW], ev[Ev.FADE_HIGH], ev[Ev.CHARGE_POWER] = 0.0, 1e-3, 1e7
    ev[Ev.CAPACITY] = found["capacity"] / float(np.mean(train.voltages))
    ev[Ev.RESISTANCE] = resistance(found, float(np.mean(train.voltages)))
    par = parameters(car, conditions=CERTIFIED, mass=found["mass"])
    par[Par.AIR] = 0.5 * 1.206 * chassis["drag_coef"] * chassis["frontal_area_square_meters"]
    par[Par.ROLLING], par[Par.ROLLING_RISE] = chassis["wheel_rr_coef"], 0.0
    inertia = chassis["num_wheels"] * chassis["wheel_inertia_kilogram_square_meters"]
    par[Par.TURNING] = inertia / chassis["wheel_radius_meters"] ** 2 / found["mass"]
    par[Par.ACCEL_MAX], par[Par.DRIVE_POWER] = 20.0, 1e7
    return dataclasses.replace(train, ev=ev, losses=losses), par


def resistance(found: dict, voltage: float) -> float:
    """The resistance that gives FASTSim's efficiency: its table's at 1C and 23 degrees, its constant at 12 kW."""
    battery = found["battery"]
    if "Constant" in battery:
        power, yields = 12e3, battery["Constant"]
    else:
        power, data = found["capacity"] / 3.6e3, battery["CRateTemperature"]["data"]
        rates, table = data["grid"][0]["data"], np.array(data["values"]["data"]).reshape(data["values"]["dim"])
        yields = float(np.interp(1.0, rates, table[:, 1]))
    at_20 = np.exp(2_400.0 * (1.0 / CERTIFIED.temperature - 1.0 / REFERENCE))
    return (1.0 - yields) * yields * voltage**2 / power / at_20


def against_fastsim() -> None:
    print("against FASTSim 3.1.0, its parameters in both [Wh/km drawn inside the battery]")
    off = []
    for key, found in oracle().items():
        name, cycle = key.split()
        car = platforms.load(name)
        train, par = as_fastsim(car, found["parameters"])
        run = bench(car, trace_of(cycle), CERTIFIED, train=train, par=par)
        ours = run.stored / 3.6 / run.distance
        off.append(ours / found["wh_km"] - 1.0)
        print(f"  {name:12} {cycle:7} FASTSim {found['wh_km']:6.1f}  ours {ours:6.1f}  {100 * off[-1]:+5.1f} %")
    size = np.abs(off)
    print(f"  largest {100 * size.max():.1f} %, median {100 * np.median(size):.1f} % (bars: 5 and 3)")


def against_the_public() -> None:
    print("our platform files against public figures [Wh/km]")
    for wall, table in ((True, PUBLIC), (False, AT_BATTERY)):
        for (name, cycle), public in table.items():
            run = bench(platforms.load(name), trace_of(cycle))
            ours = run.wall_per_km if wall else run.battery_per_km
            where = "wall" if wall else "battery"
            print(
                f"  {name:14} {cycle:7} {where:7} public {public:6.1f}  ours {ours:6.1f}  "
                f"{100 * (ours / public - 1):+5.1f} %"
                f"  off the trace {run.off:.2f} m/s  imbalance {run.imbalance:+.0e}"
            )


@kernel("void(i8, f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1])")
def many_steps(
    count: int, state: Array, store: Array, spent: Array, par: Array, ev: Array, losses: Array, voltages: Array
) -> None:
    for k in range(count):
        accel = 1.5 if (k // 500) % 2 == 0 else -1.5
        powered_step(state, store, spent, accel, 0.02, False, 0.01, par, ev, losses, voltages, 0.01)


@kernel("void(i8, f8[::1], f8[::1])")
def bare_steps(count: int, state: Array, par: Array) -> None:
    for k in range(count):
        accel = 1.5 if (k // 500) % 2 == 0 else -1.5
        car_step(state, accel, 0.02, False, 0.01, par, 0.01)


def cost() -> None:
    car, count = platforms.load("sedan"), 400_000
    train, par = packed(car), parameters(car)
    store, spent = train.start(MILD)
    rest = []
    for _ in range(3):
        state = np.zeros(11)
        start = time.process_time()
        many_steps(count, state, store, spent, par, train.ev, train.losses, train.voltages)
        middle = time.process_time()
        bare_steps(count, np.zeros(11), parameters(car))
        rest.append((middle - start, time.process_time() - middle))
    with_it, without = (min(column) / count * 1e6 for column in zip(*rest, strict=True))
    print(f"a 10 ms step: {with_it:.2f} us with the powertrain, {without:.2f} us without: {with_it - without:.2f} us")


if __name__ == "__main__":
    cost()
    try:
        against_the_public()
        against_fastsim()
    except EvpilotError as error:
        sys.exit(f"energy: {error}")
