/* Silhouettes: every kind of road user by its shape, in its own frame (x ahead, metres). */
const LEFT = 1, RIGHT = 2, BRAKE = 4, HAZARD = 8, BLUE = 16, UNSEEN = 32;
const HEAVY = new Set(["truck", "bus", "train"]);
const NAMES = { motorcycle: "motorcycle", bicycle: "cyclist", unknown: "road user", emergency: "emergency vehicle", parked: "parked car" };
const nameOf = (o) => NAMES[o.kind] ?? o.kind;

/** How a car is drawn: its silhouette follows its size where the kind leaves it open. */
function shapeOf(o) {
  if (o.kind === "truck") return o.L > 10.5 ? "tractor" : o.L > 6.4 ? "lorry" : "van";
  if (["car", "parked", "unknown", "emergency"].includes(o.kind)) return o.L > 10.5 ? "tractor" : o.L > 6.4 ? "lorry" : o.L > 5.4 ? "van" : "car";
  return o.kind;
}

function plate(g, x, y, l, w, r) {
  g.beginPath();
  g.roundRect(x, y, l, w, r);
}

function walker(g, o, moving, time) {
  const k = Math.max(o.W, o.L) / 0.6;
  g.scale(k, k);
  const step = Math.sin(time * 7) * (moving ? 0.28 : 0.05);
  g.lineWidth = 0.2;
  g.strokeStyle = g.fillStyle;
  g.beginPath();
  g.moveTo(step, 0.14); g.lineTo(-step * 0.2, 0.12);
  g.moveTo(-step, -0.14); g.lineTo(step * 0.2, -0.12);
  g.stroke();
  g.beginPath();
  g.ellipse(0, 0, 0.28, 0.44, 0, 0, 7);
  g.fill();
  g.lineWidth = 0.07;
  g.strokeStyle = pal.objline;
  g.beginPath();
  g.arc(0.05, 0, 0.21, 0, 7);
  g.fill();
  g.stroke();
}

function rider(g, o, motor) {
  g.strokeStyle = g.fillStyle;
  g.lineCap = "round";
  g.lineWidth = motor ? 0.42 : 0.16;
  g.beginPath();
  g.moveTo(-o.L / 2, 0); g.lineTo(o.L / 2, 0);
  g.stroke();
  g.lineWidth = 0.12;
  g.beginPath();
  g.moveTo(o.L * 0.22, -0.34); g.lineTo(o.L * 0.22, 0.34);
  g.stroke();
  g.beginPath();
  g.ellipse(-0.05, 0, 0.34, 0.36, 0, 0, 7);
  g.fill();
  g.lineWidth = 0.07;
  g.strokeStyle = pal.objline;
  g.beginPath();
  g.arc(0.08, 0, 0.19, 0, 7);
  g.fill();
  g.stroke();
  g.lineCap = "butt";
}

function tractor(g, L, w, glass) {
  plate(g, L / 2 - 2.5, -w / 2 + 0.08, 2.5, w - 0.16, 0.4);
  g.fill(); g.stroke();
  const colour = g.fillStyle;
  g.fillStyle = glass;
  plate(g, L / 2 - 0.95, -w / 2 + 0.3, 0.5, w - 0.6, 0.15);
  g.fill();
  g.fillStyle = colour;
  plate(g, -L / 2, -w / 2, L - 2.9, w, 0.18);
  g.fill(); g.stroke();
  g.strokeStyle = glass;
  g.globalAlpha *= 0.35;
  g.beginPath();
  for (let x = 3.2; x < L - 3.5; x += 3.2) { g.moveTo(-L / 2 + x, -w / 2 + 0.3); g.lineTo(-L / 2 + x, w / 2 - 0.3); }
  g.stroke();
}

function box(g, L, w, glass, kind) {
  plate(g, -L / 2, -w / 2, L, w, kind === "lorry" ? 0.3 : 0.5);
  g.fill(); g.stroke();
  g.fillStyle = glass;
  plate(g, L / 2 - 0.75, -w / 2 + 0.25, 0.5, w - 0.5, 0.15);
  g.fill();
  g.globalAlpha *= 0.5;
  if (kind === "lorry") {
    g.strokeStyle = glass;
    g.beginPath();
    g.moveTo(L / 2 - 2.1, -w / 2); g.lineTo(L / 2 - 2.1, w / 2);
    g.stroke();
    return;
  }
  for (let x = 1.5; x + 1.7 < L - 1.2; x += 3.1) { plate(g, -L / 2 + x, -0.55, 1.7, 1.1, 0.2); g.fill(); }
}

function car(g, L, w, glass, van) {
  const f = Math.min(1, L / 4.2); // short cars keep their proportions
  plate(g, -L / 2, -w / 2, L, w, van ? 0.45 : Math.min(0.72, w * 0.38));
  g.fill(); g.stroke();
  g.fillStyle = glass;
  const front = L / 2 - (van ? 1.15 : 1.45) * f, rear = -L / 2 + 0.62 * f, side = Math.min(1, w / 1.7);
  g.beginPath();
  g.moveTo(front, -w / 2 + 0.34 * side);
  g.lineTo(front - 0.78 * f, -w / 2 + 0.26 * side);
  g.lineTo(front - 0.78 * f, w / 2 - 0.26 * side);
  g.lineTo(front, w / 2 - 0.34 * side);
  g.quadraticCurveTo(front + 0.25 * f, 0, front, -w / 2 + 0.34 * side);
  g.fill();
  if (van) return;
  g.beginPath();
  g.moveTo(rear, -w / 2 + 0.38 * side);
  g.lineTo(rear + 0.55 * f, -w / 2 + 0.28 * side);
  g.lineTo(rear + 0.55 * f, w / 2 - 0.28 * side);
  g.lineTo(rear, w / 2 - 0.38 * side);
  g.fill();
}

function thing(g, o) {
  const { L, W: w, kind } = o;
  if (kind === "building") {
    g.fillStyle = pal.building;
    g.strokeStyle = pal.building2;
    g.lineWidth = Math.max(0.25, 1 / camera.scale);
    plate(g, -L / 2, -w / 2, L, w, 0.2);
    g.fill(); g.stroke();
  } else if (kind === "barrier") {
    plate(g, -L / 2, -w / 2, L, w, 0.05);
    g.fill(); g.stroke();
    g.strokeStyle = pal.objline;
    g.beginPath();
    for (let x = 0.5; x < L; x += 1) { g.moveTo(-L / 2 + x - 0.2, -w / 2); g.lineTo(-L / 2 + x + 0.2, w / 2); }
    g.stroke();
  } else {
    const r = Math.max(0.22, Math.min(L, w) / 2);
    g.beginPath();
    if (kind === "cone") { g.moveTo(r, 0); g.lineTo(-r, r); g.lineTo(-r, -r); g.closePath(); } // a triangle
    else if (kind === "animal") g.ellipse(0, 0, Math.max(L / 2, 0.3), Math.max(w / 2, 0.18), 0, 0, 7);
    else g.arc(0, 0, r, 0, 7);
    g.fill(); g.stroke();
  }
}

const THINGS = new Set(["cone", "barrier", "building", "animal", "ball"]);

/** Draw one object at [x, y, yaw, speed]; look is {colour, glass, signals, time}. */
function vehicle(g, o, pose, look) {
  const { L, W: w } = o, shape = shapeOf(o), px = 1 / camera.scale, unseen = look.signals & UNSEEN;
  g.save();
  g.translate(pose[0], pose[1]);
  g.rotate(pose[2]);
  g.lineWidth = Math.max(0.1, px);
  g.strokeStyle = pal.objline;
  g.fillStyle = look.colour;
  if (unseen) g.globalAlpha = 0.45;
  const clear = g.globalAlpha;
  if (shape === "pedestrian") walker(g, o, pose[3] > 0.1, look.time);
  else if (shape === "bicycle" || shape === "motorcycle") rider(g, o, shape === "motorcycle");
  else if (THINGS.has(shape)) thing(g, o);
  else {
    g.fillStyle = pal.shadow;
    g.save();
    g.rotate(-pose[2] - camera.rot);
    g.translate(0.16, -0.2);
    g.rotate(pose[2] + camera.rot);
    plate(g, -L / 2, -w / 2, L, w, 0.5);
    g.fill();
    g.restore();
    g.fillStyle = look.colour;
    if (shape === "tractor") tractor(g, L, w, look.glass);
    else if (shape === "lorry" || shape === "bus" || shape === "train") box(g, L, w, look.glass, shape);
    else car(g, L, w, look.glass, shape === "van");
    g.globalAlpha = clear;
    lamps(g, L, w, look);
  }
  g.restore();
}

function lamps(g, L, w, look) {
  const s = look.signals, on = (look.time * 1.5) % 1 < 0.6;
  if (s & BRAKE) {
    g.fillStyle = pal.lamps.brake;
    for (const side of [-1, 1]) { plate(g, -L / 2 - 0.12, side * (w / 2 - 0.42) - 0.22, 0.34, 0.44, 0.1); g.fill(); }
  }
  const sides = s & HAZARD ? [1, -1] : [s & LEFT ? 1 : 0, s & RIGHT ? -1 : 0];
  g.fillStyle = pal.lamps.turn;
  for (const side of on ? sides : []) {
    for (const end of side ? [1, -1] : []) { g.beginPath(); g.arc(end * (L / 2 - 0.25), side * (w / 2 - 0.12), 0.28, 0, 7); g.fill(); }
  }
  if (s & BLUE) {
    g.fillStyle = pal.lamps.blue;
    g.beginPath();
    g.arc(0.2, (look.time * 3) % 1 < 0.5 ? 0.4 : -0.4, 0.26, 0, 7);
    g.fill();
  }
}
