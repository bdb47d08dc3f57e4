/* Where the view looks: follow, free or heading up; zoom; world to screen and back. */
const AVERAGED = 1.5; // [s] the look-ahead turns with the heading's mean over this time to either side
const camera = { follow: true, headUp: false, zoom: 1, x: 0, y: 0, rot: 0, scale: 1, matrix: [1, 0, 0, 1, 0, 0], w: 0, h: 0, dpr: 1 };

/** The heading that most of the way is driven in (within 12 degrees), by distance. */
function mainHeading(ego) {
  const way = new Float64Array(72), step = Math.PI / 36;
  let length = 0;
  for (let i = 1; i < ego.n; i++) {
    const d = Math.hypot(ego.x[i] - ego.x[i - 1], ego.y[i] - ego.y[i - 1]), bin = Math.round(ego.yaw[i] / step);
    length += d;
    for (let j = -2; j <= 2; j++) way[(((bin + j) % 72) + 72) % 72] += d;
  }
  return length < 5 ? ego.yaw[0] : way.indexOf(Math.max(...way)) * step;
}

/** Pixels per metre that suit a drive (slow ones closer), and the turn that lets most of it run to the right. */
function chooseView(ego) {
  const speeds = Float32Array.from(ego.v).sort();
  const brisk = speeds[Math.floor(0.8 * (speeds.length - 1))] || 0;
  camera.base = lerp(12.5, 8.4, clamp((brisk - 8) / 22, 0, 1));
  camera.home = -mainHeading(ego);
}

function meanHeading(ego, t) {
  let c = 0, s = 0;
  for (let i = -6; i <= 6; i++) {
    const yaw = at(ego.yaw, clamp((t + (i / 6) * AVERAGED) / ego.dt, 0, ego.n - 1));
    c += Math.cos(yaw);
    s += Math.sin(yaw);
  }
  return Math.atan2(s, c);
}

function aim(ego, t) {
  const { w, h, dpr } = camera;
  camera.scale = camera.base * clamp(Math.sqrt(w / 1112), 0.62, 1.45) * camera.zoom;
  if (camera.follow) {
    const e = egoAt(ego, t), heading = meanHeading(ego, t);
    camera.rot = camera.headUp ? Math.PI / 2 - heading : camera.home;
    const way = heading + camera.rot; // on the screen
    const ahead = Math.min((0.25 * w) / Math.max(Math.abs(Math.cos(way)), 1e-6), (0.2 * h) / Math.max(Math.abs(Math.sin(way)), 1e-6)) / camera.scale;
    camera.x = e[0] + Math.cos(heading) * ahead;
    camera.y = e[1] + Math.sin(heading) * ahead;
  }
  const c = Math.cos(camera.rot) * camera.scale, s = Math.sin(camera.rot) * camera.scale;
  camera.matrix = [
    c * dpr, -s * dpr, -s * dpr, -c * dpr,
    (w / 2 - (c * camera.x - s * camera.y)) * dpr,
    (h / 2 + (s * camera.x + c * camera.y)) * dpr,
  ];
}

function toScreen(x, y) {
  const m = camera.matrix;
  return [(m[0] * x + m[2] * y + m[4]) / camera.dpr, (m[1] * x + m[3] * y + m[5]) / camera.dpr];
}

function toWorld(px, py) {
  const m = camera.matrix, a = px * camera.dpr - m[4], b = py * camera.dpr - m[5], d = m[0] * m[3] - m[1] * m[2];
  return [(m[3] * a - m[2] * b) / d, (-m[1] * a + m[0] * b) / d];
}

function zoomBy(factor, px = camera.w / 2, py = camera.h / 2) {
  const fixedPoint = toWorld(px, py), before = camera.zoom;
  camera.zoom = clamp(camera.zoom * factor, 0.06, 9);
  if (camera.follow) return;
  const grown = camera.zoom / before;
  camera.x = fixedPoint[0] + (camera.x - fixedPoint[0]) / grown;
  camera.y = fixedPoint[1] + (camera.y - fixedPoint[1]) / grown;
}
