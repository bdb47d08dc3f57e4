/* The bird's-eye view: what the pilot expects, weighs and chooses, on the road, at one time. */
const FAN_REACH = 105; // [m]
const OFF_ROAD = 5; // Rejection.ROAD
const layers = { pred: true, prop: true, tail: true, label: true };

/** The rows of a table with a "start" column that belong to group i. */
const rowsOf = (table, i) => (i >= 0 && i + 1 < table.start.length ? [table.start[i], table.start[i + 1]] : [0, 0]);

/** The reason that holds in a tick: {text, cause, name, tone}; name is the pilot's own number for the cause. */
function whyAt(drive, k) {
  const row = clamp(k, 0, drive.head.n - 1), text = drive.why.text[row];
  if (Number.isNaN(text)) return { text: "", cause: -1, name: -1, tone: "" };
  return { text: drive.why.texts[text], cause: drive.why.cause[row], name: drive.why.name[row], tone: ["", "yield", "fault"][drive.why.tone[row]] };
}

/** All that moves at a time: ego, and each object that is there with its pose, signals and offset from the car. */
function sceneAt(drive, t) {
  const f = clamp(t / drive.head.dt, 0, drive.head.n - 1), k = Math.floor(f + 1e-4), ego = egoAt(drive.ego, t);
  const c = Math.cos(ego[2]), s = Math.sin(ego[2]), others = [];
  for (const o of drive.objs) {
    const pose = poseOf(o, f);
    if (!pose) continue;
    const dx = pose[0] - ego[0], dy = pose[1] - ego[1];
    others.push({ o, pose, signals: o.signal[clamp(k - o.k0, 0, o.signal.length - 1)] || 0, ahead: c * dx + s * dy, aside: c * dy - s * dx, away: Math.hypot(dx, dy) });
  }
  return { t, f, k, ego, others, why: whyAt(drive, k) };
}

const FIXED = new Set(["parked", "cone", "barrier", "building"]);
const inView = (pose, margin) => {
  const [x, y] = toScreen(pose[0], pose[1]);
  return x > -margin && x < camera.w + margin && y > -margin && y < camera.h + margin;
};

/** The proposals of the sample that holds a tick, from where the car is now on: one path for each Rejection. */
function proposalPaths(drive, scene) {
  const { props } = drive, [first, last] = rowsOf(props, Math.floor(scene.k / props.stride));
  const paths = Array.from({ length: 6 }, () => new Path2D()), c = Math.cos(scene.ego[2]), s = Math.sin(scene.ego[2]);
  for (let r = first; r < last; r++) {
    const path = paths[props.why[r]] ?? paths[4];
    let begun = false;
    for (let at = r * props.points; at < (r + 1) * props.points; at++) {
      const x = props.x[at], y = props.y[at];
      if (begun) path.lineTo(x, y);
      else if ((begun = c * (x - scene.ego[0]) + s * (y - scene.ego[1]) > -1)) path.moveTo(x, y);
    }
  }
  return paths;
}

/** What was not taken, thin and grey; what leaves the road only when it is singled out. */
function drawProposals(g, drive, scene, only) {
  const px = 1 / camera.scale, tones = [pal.prop, pal.pred, pal.warn, pal.caution, pal.prop, pal.prop];
  proposalPaths(drive, scene).forEach((path, why) => {
    if (why === 0 || (only === null ? why === OFF_ROAD : only !== why)) return;
    g.globalAlpha = only === null ? (pal.dark ? 0.4 : 0.42) : 0.8;
    line(g, path, only === null ? pal.prop : tones[why], Math.max(0.05, 0.9 * px));
  });
  g.globalAlpha = 1;
}

/** One mode of a prediction: a band that widens with its spread and fades over its 4 s, moved to where its object is
    now; a prediction of what is not there (a ghost of the sensor) stays where it was made. */
function drawFan(g, preds, row, who, hot) {
  const n = preds.points, base = row * n, p = preds.p[row];
  const shiftX = who ? who.pose[0] - preds.x[base] : 0, shiftY = who ? who.pose[1] - preds.y[base] : 0, half = who ? who.o.W * 0.42 : 0.6;
  const pts = [];
  for (let i = 0; i < n; i++) {
    const a = base + i, b = base + Math.min(i + 1, n - 1), c = base + Math.max(i - 1, 0);
    const yaw = Math.hypot(preds.x[b] - preds.x[c], preds.y[b] - preds.y[c]) > 0.05 ? Math.atan2(preds.y[b] - preds.y[c], preds.x[b] - preds.x[c]) : who ? who.pose[2] : 0;
    const w = half + Math.min(preds.spread[a], 1.6);
    pts.push([preds.x[a] + shiftX, preds.y[a] + shiftY, -Math.sin(yaw) * w, Math.cos(yaw) * w]);
  }
  g.fillStyle = g.strokeStyle = hot ? pal.warn : pal.pred;
  for (let i = 0; i + 1 < n; i++) {
    const a = pts[i], b = pts[i + 1];
    g.globalAlpha = (pal.dark ? 0.5 : 0.36) * p * (1 - (i / (n - 1)) * 0.86);
    g.beginPath();
    g.moveTo(a[0] + a[2], a[1] + a[3]);
    g.lineTo(b[0] + b[2], b[1] + b[3]);
    g.lineTo(b[0] - b[2], b[1] - b[3]);
    g.lineTo(a[0] - a[2], a[1] - a[3]);
    g.fill();
  }
  g.globalAlpha = p * (hot ? 0.95 : 0.75);
  g.lineWidth = Math.max(0.12, 1 / camera.scale);
  g.setLineDash(p < 0.5 ? [0.9, 0.9] : []);
  g.beginPath();
  pts.forEach((q, i) => (i ? g.lineTo(q[0], q[1]) : g.moveTo(q[0], q[1])));
  g.stroke();
  g.setLineDash([]);
  g.globalAlpha = 1;
}

function drawPredictions(g, drive, scene) {
  const { preds } = drive, [first, last] = rowsOf(preds, Math.floor(scene.k / preds.stride));
  const here = new Map(scene.others.map((q) => [q.o.id, q]));
  for (let row = first; row < last; row++) {
    const who = here.get(preds.id[row]);
    if ((!who && preds.id[row] >= 0) || (who && (who.away > FAN_REACH || who.ahead < -40))) continue;
    drawFan(g, preds, row, who, who?.o.id === scene.why.cause && scene.why.tone === "yield");
  }
}

const rampColour = (drive, v) => pal.ramp[Math.round(clamp((v * 3.6 - drive.ramp[0]) / (drive.ramp[1] - drive.ramp[0]), 0, 1) * RAMP_STEPS)];

/** The chosen trajectory: a ribbon coloured by speed with a dot each second; it fades towards its end. */
function drawRibbon(g, drive, scene) {
  const { plan } = drive, [first, last] = rowsOf(plan, scene.k), px = 1 / camera.scale, half = 0.78;
  const late = scene.t - scene.k * drive.head.dt, skip = Math.min(Math.floor(late / plan.dt), Math.max(last - first - 2, 0));
  const pts = [];
  for (let i = first + skip; i < last; i++) pts.push([plan.x[i], plan.y[i], plan.yaw[i], plan.v[i]]);
  if (pts.length < 2) return;
  const offset = (p, o) => [p[0] - Math.sin(p[2]) * o, p[1] + Math.cos(p[2]) * o];
  pts.forEach((a, i) => {
    const b = pts[i + 1];
    if (!b) return;
    g.fillStyle = rampColour(drive, a[3]);
    g.globalAlpha = i > pts.length - 7 ? 0.35 + (0.6 * (pts.length - 1 - i)) / 6 : 0.95;
    g.beginPath();
    g.moveTo(...offset(a, half));
    g.lineTo(...offset(b, half));
    g.lineTo(...offset(b, -half));
    g.lineTo(...offset(a, -half));
    g.fill();
  });
  g.globalAlpha = 0.85;
  g.strokeStyle = pal.surface;
  g.lineWidth = Math.max(0.1, 1.2 * px);
  for (const side of [half, -half]) {
    g.beginPath();
    pts.forEach((p, i) => (i ? g.lineTo(...offset(p, side)) : g.moveTo(...offset(p, side))));
    g.stroke();
  }
  g.globalAlpha = 1;
  g.fillStyle = pal.surface;
  const perSecond = Math.round(1 / plan.dt);
  for (let i = perSecond - skip; i < pts.length; i += perSecond) {
    if (i < 1 || pts[i][3] < 0.4) continue;
    g.beginPath();
    g.arc(pts[i][0], pts[i][1], Math.max(0.2, 1.5 * px), 0, 7);
    g.fill();
  }
}

/** The bar where the verified stop ends. */
function drawStop(g, drive, scene) {
  const { plan } = drive, x = plan.stopX[scene.k], y = plan.stopY[scene.k], yaw = plan.stopYaw[scene.k], half = 1.25;
  if (!(scene.ego[3] > 1) || Number.isNaN(x) || Number.isNaN(yaw)) return;
  g.strokeStyle = pal.ink;
  g.lineWidth = Math.max(0.22, 2 / camera.scale);
  g.lineCap = "round";
  g.beginPath();
  g.moveTo(x - Math.sin(yaw) * half, y + Math.cos(yaw) * half);
  g.lineTo(x + Math.sin(yaw) * half, y - Math.cos(yaw) * half);
  g.stroke();
  g.lineCap = "butt";
}

/** Virtual walls: a hatched bar each. */
function drawWalls(g, drive, k) {
  const { walls } = drive, [first, last] = rowsOf(walls, k), px = 1 / camera.scale, half = 1.9;
  g.strokeStyle = pal.warn;
  g.lineCap = "round";
  for (let i = first; i < last; i++) {
    const x = walls.x[i], y = walls.y[i], s = Math.sin(walls.yaw[i]), c = Math.cos(walls.yaw[i]);
    g.lineWidth = Math.max(0.34, 2.4 * px);
    g.beginPath();
    g.moveTo(x - s * half, y + c * half);
    g.lineTo(x + s * half, y - c * half);
    g.stroke();
    g.lineWidth = Math.max(0.12, px);
    g.beginPath();
    for (let j = -3; j <= 3; j++) {
      const u = (j / 3) * half;
      g.moveTo(x - s * u, y + c * u);
      g.lineTo(x - s * u + c * 0.75 - s * 0.4, y + c * u + s * 0.75 + c * 0.4);
    }
    g.stroke();
  }
  g.lineCap = "butt";
}

function drawVehicles(g, drive, scene) {
  const order = [...scene.others].sort((a, b) => (b.o.kind === "building") - (a.o.kind === "building"));
  for (const q of order) {
    if (!inView(q.pose, 20 + q.o.L * camera.scale)) continue;
    const colour = q.o.id === scene.why.cause && scene.why.tone ? pal.warn : HEAVY.has(q.o.kind) ? pal.obj2 : pal.obj;
    vehicle(g, q.o, q.pose, { colour, glass: pal.glass, signals: q.signals, time: scene.t });
  }
  const slowing = at(drive.ego.a, clamp(scene.t / drive.ego.dt, 0, drive.ego.n - 1)) < -0.9 ? BRAKE : 0;
  vehicle(g, drive.egoShape, scene.ego, { colour: pal.ego, glass: pal.egoglass, signals: slowing, time: scene.t });
}

/** The whole stage; only is the reason whose proposals are singled out, or null. */
function drawStage(g, drive, scene, only) {
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.fillStyle = pal.ground;
  g.fillRect(0, 0, g.canvas.width, g.canvas.height);
  g.setTransform(...camera.matrix);
  drawRoad(g, drive.road, drive.fast);
  if (layers.prop) drawProposals(g, drive, scene, only);
  if (layers.pred) drawPredictions(g, drive, scene);
  drawRibbon(g, drive, scene);
  if (layers.tail) drawStop(g, drive, scene);
  drawWalls(g, drive, scene.k);
  drawVehicles(g, drive, scene);
}
