/* Reading the drive: the JSON block, its columns, and small arithmetic that every part uses. */
const clamp = (x, low, high) => (x < low ? low : x > high ? high : x);
const lerp = (a, b, u) => a + (b - a) * u;
const minus = (text) => String(text).replace("-", "\u2212");
const fixed = (x, digits) => minus(x.toFixed(digits)).replace(/^\u2212(0\.?0*)$/, "$1");
const $ = (id) => document.getElementById(id);

/** An element with a class and text; text is never read as HTML. */
function make(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== "") element.textContent = text;
  return element;
}

/** The bytes behind base64 text of a deflated stream. */
async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One column: four byte planes of zigzag-coded differences; the least integer stands for missing (NaN). */
function column(bytes, offset, count, unit) {
  const out = new Float32Array(count);
  let whole = 0;
  for (let i = 0; i < count; i++) {
    const at = offset + i;
    const code = bytes[at] | (bytes[at + count] << 8) | (bytes[at + 2 * count] << 16) | (bytes[at + 3 * count] << 24);
    whole = (whole + ((code >>> 1) ^ -(code & 1))) | 0;
    out[i] = whole === -2147483648 ? NaN : whole * unit;
  }
  return out;
}

/** The JSON tree with every {"c": [offset, count, unit]} replaced by its numbers. */
function filled(node, bytes) {
  if (Array.isArray(node)) return node.map((each) => filled(each, bytes));
  if (node === null || typeof node !== "object") return node;
  if (Array.isArray(node.c)) return column(bytes, ...node.c);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, bytes)]));
}

/** The drive, ready to show. */
async function readDrive() {
  const { blob, ...tree } = JSON.parse($("data").textContent);
  const drive = filled(tree, await inflate(blob));
  drive.byId = new Map(drive.objs.map((o) => [o.id, o]));
  return drive;
}

/** A column at a fractional row; NaN where either neighbour is missing. */
function at(values, f) {
  if (!values.length) return NaN;
  const i = clamp(Math.floor(f), 0, values.length - 1);
  const u = f - i;
  return u < 1e-6 || i + 1 >= values.length ? values[i] : lerp(values[i], values[i + 1], u);
}

/** [x, y, yaw, speed] of an object at a fractional row of the tick clock, or null when it is not there. */
function poseOf(o, f) {
  const row = f - o.k0;
  if (row < -1e-6 || row > o.x.length - 1 + 1e-6) return null;
  let x = at(o.x, row), y = at(o.y, row), yaw = at(o.yaw, row), v = at(o.v, row);
  if (Number.isNaN(x)) {
    const i = Math.floor(row + 1e-6);
    [x, y, yaw, v] = [o.x[i], o.y[i], o.yaw[i], o.v[i]];
  }
  return Number.isNaN(x) ? null : [x, y, yaw, v];
}

/** [x, y, yaw, speed] of the car at a time. */
function egoAt(ego, t) {
  const f = clamp(t / ego.dt, 0, ego.n - 1);
  return [at(ego.x, f), at(ego.y, f), at(ego.yaw, f), at(ego.v, f)];
}
