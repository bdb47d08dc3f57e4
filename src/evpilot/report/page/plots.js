/* Time plots: a still layer with the curves, and one cursor over all of them. */
const TOP = 26, STRIP = 22, AXIS = 20;
const SECONDS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120];
const plots = { rows: [], x0: 0, x1: 1, w: 0, h: 0, mouse: [-99, -99] };
const narrow = () => innerWidth <= 860;
const timeX = (drive, s) => plots.x0 + (s / drive.head.duration) * (plots.x1 - plots.x0);
const timeAtX = (drive, x) => clamp(((x - plots.x0) / (plots.x1 - plots.x0)) * drive.head.duration, 0, drive.head.duration);

const extent = (values) => values.reduce(([a, b], v) => (Number.isNaN(v) ? [a, b] : [Math.min(a, v), Math.max(b, v)]), [Infinity, -Infinity]);

/** What each row shows: its range fits the drive, in round numbers. */
function describeRows(drive) {
  const { ego, tick, head } = drive, kmh = ego.v.map((v) => v * 3.6), [slow, quick] = extent(kmh);
  const [, limit] = extent(tick.limit.map((v) => v * 3.6));
  const high = Math.max(quick, limit > 0 && limit < quick * 2.5 ? limit : 0, 10) * 1.12;
  const low = slow > 50 ? Math.floor((slow - 15) / 20) * 20 : Math.min(0, slow);
  const [hard, brisk] = extent(ego.a), [, strong] = extent(ego.power), [weak] = extent(ego.power);
  const kw = (p) => Math.ceil(p / 1e3 / 20) * 20;
  const power = [-Math.max(20, kw(-weak)), Math.max(40, kw(strong))];
  const step = [10, 20, 40, 50, 100].find((s) => (high - low) / s <= 3) ?? 100;
  const speedTicks = Array.from({ length: 8 }, (_, i) => Math.ceil(low / step) * step + i * step).filter((v) => v <= high);
  const [, far] = extent(tick.ttc.map((v) => (v < 20 ? v : NaN))), cap = far > 10 ? 15 : 10;
  const fast = (values) => ({ values, dt: ego.dt }), slowClock = (values) => ({ values, dt: head.dt });
  return [
    { key: "speed", name: "Speed", unit: "km/h", lo: low, hi: high, digits: 0, ticks: speedTicks, ...fast(kmh) },
    { key: "accel", name: "Acceleration", unit: "m/s²", lo: Math.min(-4.2, hard - 0.4), hi: Math.max(2.4, brisk + 0.4), digits: 1, ticks: [-4, 0], ...fast(ego.a) },
    { key: "ttc", name: "Time to collision", unit: "s", lo: 0, hi: cap, digits: 1, ticks: [0, cap], ...slowClock(tick.ttc) },
    { key: "power", name: "Battery power", unit: "kW", lo: power[0] * 1.08, hi: power[1] * 1.12, digits: 0, ticks: [power[0], 0, power[1]], ...fast(ego.power.map((p) => p / 1e3)) },
  ];
}

function layRows() {
  const each = (plots.h - TOP - STRIP - AXIS - 6) / plots.rows.length;
  plots.rows.forEach((row, i) => {
    row.top = TOP + STRIP + 6 + i * each;
    row.bottom = row.top + each;
    row.y0 = row.top + (narrow() ? 17 : 5);
    row.y1 = row.bottom - 5;
  });
}

const rowY = (row, v) => row.y1 - ((clamp(v, row.lo, row.hi) - row.lo) / (row.hi - row.lo)) * (row.y1 - row.y0);

const GLYPHS = {
  brake: (c, x, y) => { c.beginPath(); c.moveTo(x - 6, y - 4.5); c.lineTo(x + 6, y - 4.5); c.lineTo(x, y + 5.5); c.closePath(); c.fill(); },
  ttc: (c, x, y) => { c.beginPath(); c.moveTo(x, y - 6.5); c.lineTo(x + 6, y); c.lineTo(x, y + 6.5); c.lineTo(x - 6, y); c.closePath(); c.fill(); },
  lane: (c, x, y) => { c.beginPath(); c.moveTo(x - 6, y + 5); c.bezierCurveTo(x, y + 5, x, y - 5, x + 6, y - 5); c.stroke(); },
  yield: (c, x, y) => { c.beginPath(); c.moveTo(x - 6.5, y - 5); c.lineTo(x + 6.5, y - 5); c.lineTo(x, y + 6); c.closePath(); c.stroke(); },
  light: (c, x, y) => { c.beginPath(); c.arc(x, y, 5, 0, 7); c.stroke(); c.beginPath(); c.arc(x, y, 2, 0, 7); c.fill(); },
  fault: (c, x, y) => { c.beginPath(); c.rect(x - 5, y - 5, 10, 10); c.stroke(); c.beginPath(); c.moveTo(x, y - 2.5); c.lineTo(x, y + 0.5); c.stroke(); },
  contact: (c, x, y) => { c.beginPath(); c.moveTo(x - 5, y - 5); c.lineTo(x + 5, y + 5); c.moveTo(x + 5, y - 5); c.lineTo(x - 5, y + 5); c.stroke(); },
  goal: (c, x, y) => { c.beginPath(); c.moveTo(x - 4, y + 6); c.lineTo(x - 4, y - 6); c.stroke(); c.beginPath(); c.moveTo(x - 4, y - 6); c.lineTo(x + 6, y - 3); c.lineTo(x - 4, y); c.closePath(); c.fill(); },
};
function glyphColour(event) {
  if (event.kind === "light") return event.text.endsWith("green") ? pal.good : event.text.endsWith("red") ? pal.warn : pal.caution;
  return { lane: pal.ego, goal: pal.good }[event.kind] ?? pal.warn;
}

function drawTimeAxis(c, drive) {
  const room = plots.x1 - plots.x0, step = SECONDS.find((s) => (s / drive.head.duration) * room >= 54) ?? 300;
  c.font = `11.5px ${pal.font}`;
  c.textAlign = "center";
  for (let s = 0; s <= drive.head.duration + 0.01; s += step) {
    const x = timeX(drive, s);
    c.strokeStyle = pal.line;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x + 0.5, 52);
    c.lineTo(x + 0.5, plots.h - 19);
    c.stroke();
    c.fillStyle = pal.ink3;
    c.fillText(s === 0 ? "0 s" : String(s), clamp(x, plots.x0 + 8, plots.x1 - 8), plots.h - 9);
  }
}

/** Text cut to fit, with an ellipsis. */
function fitting(c, words, room) {
  if (c.measureText(words).width <= room) return words;
  let short = words;
  while (short.length > 3 && c.measureText(short + "…").width > room) short = short.slice(0, -1);
  return short.trimEnd() + "…";
}

function drawBand(c, drive) {
  for (const [k0, k1, words, , tone] of drive.band) {
    const a = timeX(drive, k0 * drive.head.dt), b = timeX(drive, Math.min(k1 * drive.head.dt, drive.head.duration));
    if (!words && !tone) continue;
    c.fillStyle = tone ? pal.warn : pal.ego;
    c.globalAlpha = tone ? 0.17 : 0.11;
    c.beginPath();
    c.roundRect(a + 1, TOP, Math.max(b - a - 2, 1), STRIP - 2, Math.min(4, Math.max(b - a - 2, 1) / 2));
    c.fill();
    c.globalAlpha = 1;
    c.fillStyle = tone ? pal.warn : pal.ego;
    c.fillRect(a + 1, TOP + 3, 2.5, STRIP - 8);
    if (b - a < 48) continue;
    c.textAlign = "left";
    c.fillStyle = pal.ink2;
    c.font = `12px ${pal.font}`;
    c.fillText(fitting(c, words, b - a - 14), a + 9, TOP + 10.5);
  }
}

/** Marks side by side: one that would hide its neighbour moves to the right, but never far from its time, nor out of the
 * row. */
function placeEvents(drive) {
  let last = -99;
  for (const e of drive.events) {
    const x = timeX(drive, e.t);
    e.x = Math.min(Math.max(x, last + 14), x + 28, plots.x1 + 8);
    last = e.x;
  }
}

function drawEvents(c, drive) {
  placeEvents(drive);
  c.lineWidth = 2.2;
  c.lineCap = c.lineJoin = "round";
  for (const e of drive.events) {
    c.fillStyle = c.strokeStyle = glyphColour(e);
    GLYPHS[e.kind](c, e.x, 14);
  }
}

function curve(c, drive, row, cap = Infinity) {
  c.beginPath();
  let on = false;
  for (let k = 0; k < row.values.length; k++) {
    const v = row.values[k];
    if (!(v <= cap)) { on = false; continue; }
    const x = timeX(drive, k * row.dt), y = rowY(row, v);
    if (on) c.lineTo(x, y);
    else c.moveTo(x, y);
    on = true;
  }
}

function stroke(c, colour, width, dash = []) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.setLineDash(dash);
  c.stroke();
  c.setLineDash([]);
}

function level(c, row, v, colour, alpha, width = 1, dash = []) {
  c.globalAlpha = alpha;
  c.beginPath();
  c.moveTo(plots.x0, rowY(row, v));
  c.lineTo(plots.x1, rowY(row, v));
  stroke(c, colour, width, dash);
  c.globalAlpha = 1;
}

/** The area between a curve and a level, on one side of it. */
function area(c, drive, row, base, bound, colour, alpha) {
  c.fillStyle = colour;
  c.globalAlpha = alpha;
  c.beginPath();
  c.moveTo(timeX(drive, 0), rowY(row, base));
  for (let k = 0; k < row.values.length; k++) c.lineTo(timeX(drive, k * row.dt), rowY(row, bound(row.values[k], base)));
  c.lineTo(timeX(drive, (row.values.length - 1) * row.dt), rowY(row, base));
  c.fill();
  c.globalAlpha = 1;
}

const CURVES = {
  speed(c, drive, row) {
    curve(c, drive, { ...row, values: drive.tick.limit.map((v) => v * 3.6), dt: drive.head.dt });
    stroke(c, pal.warn, 1.4, [5, 4]);
    c.lineCap = "round";
    const every = Math.max(1, Math.round(row.values.length / 600));
    for (let k = 0; k + 1 < row.values.length; k += every) {
      const b = Math.min(k + every, row.values.length - 1);
      c.beginPath();
      c.moveTo(timeX(drive, k * row.dt), rowY(row, row.values[k]));
      c.lineTo(timeX(drive, b * row.dt), rowY(row, row.values[b]));
      stroke(c, rampColour(drive, row.values[k] / 3.6), 2.2);
    }
    c.lineCap = "butt";
  },
  accel(c, drive, row) {
    const [brake, push] = drive.head.comfort;
    c.fillStyle = pal.good;
    c.globalAlpha = 0.12;
    c.fillRect(plots.x0, rowY(row, push), plots.x1 - plots.x0, rowY(row, brake) - rowY(row, push));
    c.globalAlpha = 1;
    level(c, row, 0, pal.ink3, 0.5);
    area(c, drive, row, brake, Math.min, pal.warn, 0.28);
    curve(c, drive, row);
    stroke(c, pal.ink, 1.8);
  },
  ttc(c, drive, row) {
    const limit = drive.head.ttcLimit;
    if (limit !== null) {
      c.fillStyle = pal.warn;
      c.globalAlpha = 0.13;
      c.fillRect(plots.x0, rowY(row, limit), plots.x1 - plots.x0, rowY(row, 0) - rowY(row, limit));
      c.globalAlpha = 1;
      level(c, row, limit, pal.warn, 1, 1.4, [5, 4]);
    }
    curve(c, drive, row, row.hi);
    stroke(c, pal.ink, 1.8);
    const hidden = row.values.slice(0, Math.ceil(row.values.length * 0.14)).some((v) => v > row.hi * 0.6 && v <= row.hi);
    if (!narrow() && !hidden) {
      c.textAlign = "left";
      c.font = `11px ${pal.font}`;
      c.fillStyle = pal.ink3;
      c.fillText(drive.tick.judged ? "dotted: nothing closing" : "not judged", plots.x0 + 6, row.y0 + 9);
    }
    if (!drive.tick.judged) return;
    c.globalAlpha = 0.45;
    c.beginPath();
    const every = Math.max(1, Math.round(row.values.length / 300));
    for (let k = 0; k < row.values.length; k += every) {
      if (row.values[k] <= row.hi) continue;
      c.moveTo(timeX(drive, k * row.dt), row.y0);
      c.lineTo(timeX(drive, k * row.dt) + 1.2, row.y0);
    }
    stroke(c, pal.ink3, 1.2);
    c.globalAlpha = 1;
  },
  power(c, drive, row) {
    area(c, drive, row, 0, Math.max, pal.ink3, 0.3);
    area(c, drive, row, 0, Math.min, pal.good, 0.45);
    curve(c, drive, row);
    stroke(c, pal.ink, 1.3);
    level(c, row, 0, pal.ink3, 0.5);
  },
};

function drawRow(c, drive, row) {
  const small = narrow();
  c.textAlign = "left";
  c.fillStyle = pal.ink3;
  c.font = `12px ${pal.font}`;
  c.fillText(row.name, small ? plots.x0 : 16, row.top + (small ? 9 : (row.bottom - row.top) / 2 - 9));
  c.beginPath();
  c.moveTo(small ? plots.x0 : 16, Math.round(row.bottom) + 0.5);
  c.lineTo(plots.x1, Math.round(row.bottom) + 0.5);
  stroke(c, pal.line, 1);
  if (!small) {
    c.textAlign = "right";
    c.font = `10.5px ${pal.font}`;
    c.fillStyle = pal.ink3;
    for (const v of row.ticks) c.fillText(minus(v), plots.x0 - 7, clamp(rowY(row, v), row.y0 + 3, row.y1 - 3));
  }
  c.save();
  c.beginPath();
  c.rect(plots.x0, row.top, plots.x1 - plots.x0, row.bottom - row.top);
  c.clip();
  c.lineJoin = "round";
  CURVES[row.key](c, drive, row);
  c.restore();
}

function drawPlots(drive) {
  const canvas = $("pc"), c = canvas.getContext("2d");
  plots.w = canvas.width / camera.dpr;
  plots.h = canvas.height / camera.dpr;
  plots.x0 = narrow() ? 10 : 128;
  plots.x1 = plots.w - (narrow() ? 10 : 18);
  layRows();
  c.setTransform(camera.dpr, 0, 0, camera.dpr, 0, 0);
  c.clearRect(0, 0, plots.w, plots.h);
  c.textBaseline = "middle";
  drawTimeAxis(c, drive);
  if (!narrow()) {
    c.textAlign = "left";
    c.font = `12px ${pal.font}`;
    c.fillStyle = pal.ink3;
    c.fillText("Events", 16, 14);
    c.fillText("Decision", 16, TOP + 11);
  }
  drawBand(c, drive);
  drawEvents(c, drive);
  for (const row of plots.rows) drawRow(c, drive, row);
}

function drawValue(c, drive, row, t) {
  const k = clamp(Math.round(t / row.dt), 0, row.values.length - 1), v = row.values[k], there = v <= (row.key === "ttc" ? row.hi : Infinity);
  const words = there ? fixed(v, row.digits) : row.key !== "ttc" ? "none" : v > row.hi ? "> " + row.hi : drive.tick.judged ? "none" : "";
  const bad = (row.key === "ttc" && v < (drive.head.ttcLimit ?? 0)) || (row.key === "accel" && v < drive.head.comfort[0]);
  c.textBaseline = "middle";
  c.fillStyle = bad ? pal.warn : pal.ink;
  if (narrow()) {
    c.textAlign = "right";
    c.font = `620 13px ${pal.font}`;
    c.fillText(words + (there ? " " + row.unit : ""), plots.x1, row.top + 9);
  } else {
    const y = row.top + (row.bottom - row.top) / 2 + 8;
    c.textAlign = "left";
    c.font = `620 15px ${pal.font}`;
    c.fillText(words, 16, y);
    const w = c.measureText(words).width;
    c.font = `11.5px ${pal.font}`;
    c.fillStyle = pal.ink3;
    if (there) c.fillText(row.unit, 20 + w, y + 1);
  }
  if (!there) return;
  c.fillStyle = pal.surface;
  c.beginPath();
  c.arc(timeX(drive, t), rowY(row, v), 3.6, 0, 7);
  c.fill();
  stroke(c, pal.ink, 1.8);
}

function drawCursor(drive, t) {
  const c = $("po").getContext("2d"), x = timeX(drive, t);
  c.setTransform(camera.dpr, 0, 0, camera.dpr, 0, 0);
  c.clearRect(0, 0, plots.w, plots.h);
  c.beginPath();
  c.moveTo(x, 3);
  c.lineTo(x, plots.h - 18);
  stroke(c, pal.ink, 1.4);
  c.fillStyle = pal.ink;
  c.beginPath();
  c.moveTo(x - 6, 0);
  c.lineTo(x + 6, 0);
  c.lineTo(x, 8);
  c.fill();
  for (const row of plots.rows) drawValue(c, drive, row, t);
  const [mx, my] = plots.mouse;
  const event = drive.events.find((e) => Math.abs(mx - e.x) < 9 && my < 28) ?? drive.events.find((e) => Math.abs(e.t - t) < 0.16);
  if (event) drawEventWords(c, drive, event);
}

function drawEventWords(c, drive, event) {
  c.font = `550 12px ${pal.font}`;
  const w = c.measureText(event.text).width + 16;
  const right = drive.events.reduce((q, e) => (e.x > q - 13 && e.x < q + w + 8 ? e.x + 13 : q), event.x + 13);
  const x = clamp(right, plots.x0, plots.w - w - 8);
  c.fillStyle = pal.ink;
  c.beginPath();
  c.roundRect(x, 4, w, 20, 5);
  c.fill();
  c.fillStyle = pal.surface;
  c.textAlign = "left";
  c.fillText(event.text, x + 8, 14.5);
}
