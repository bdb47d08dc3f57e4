/* What is written over the stage: lights, numbers, the ring around the cause, the tip of what is pointed at. */
const LAMP_COLOURS = ["#FF5A3C", "#FFC24A", "#35D6A8"];
const LIT = { 1: [0], 2: [0, 1], 3: [1], 4: [2], 5: [1], 6: [0] }; // by LightState
const ARROWS = { 1: "\u2190", 2: "\u2191", 4: "\u2192", 3: "\u2196", 6: "\u2197" };

function drawLights(g, drive, scene) {
  const taken = [];
  for (const light of drive.lights) {
    const state = light.state[scene.k];
    if (Number.isNaN(state)) continue;
    let [x, y] = toScreen(light.x, light.y);
    if (x < -20 || x > camera.w + 20 || y < -20 || y > camera.h + 20) continue;
    while (taken.some((q) => Math.abs(q[0] - x) < 15 && Math.abs(q[1] - y) < 30)) x += 16;
    taken.push([x, y]);
    const k = clamp(camera.scale / 6, 0.45, 1), blink = state >= 5 && state <= 6 && (scene.t * 1.6) % 1 > 0.5;
    g.fillStyle = pal.dark ? "#05080B" : "#1B232B";
    g.beginPath();
    g.roundRect(x - 7 * k, y - 17 * k, 14 * k, 34 * k, 5 * k);
    g.fill();
    for (let i = 0; i < 3; i++) {
      const lit = !blink && (LIT[state] ?? []).includes(i);
      g.fillStyle = lit ? LAMP_COLOURS[i] : "#3A444D";
      g.beginPath();
      g.arc(x, y + (i - 1) * 10 * k, (lit ? 4 : 3.2) * k, 0, 7);
      g.fill();
    }
    if (ARROWS[light.arrow] && k > 0.8) text(g, ARROWS[light.arrow], x, y + 26, `600 13px ${pal.font}`, pal.ink, pal.ground);
  }
}

function text(g, words, x, y, font, colour, halo) {
  g.font = font;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.lineWidth = 3;
  g.lineJoin = "round";
  g.strokeStyle = halo;
  g.strokeText(words, x, y);
  g.fillStyle = colour;
  g.fillText(words, x, y);
}

/** A label on a plate, kept inside the stage. */
function tag(g, x, y, words, bg, fg, bold) {
  g.font = `${bold ? 650 : 550} 12px ${pal.font}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  const w = g.measureText(words).width + 12, cx = clamp(x, w / 2 + 4, camera.w - w / 2 - 4);
  g.fillStyle = bg;
  g.beginPath();
  g.roundRect(cx - w / 2, y - 9.5, w, 19, 5);
  g.fill();
  g.fillStyle = fg;
  g.fillText(words, cx, y + 0.5);
}

/** A ring around an object; returns how far it reaches above its centre [px]. */
function ring(g, q, margin, colour, width) {
  const [x, y] = toScreen(q.pose[0], q.pose[1]), turn = -(q.pose[2] + camera.rot);
  const l = Math.max(q.o.L * camera.scale, 10) + 2 * margin, w = Math.max(q.o.W * camera.scale, 10) + 2 * margin;
  g.save();
  g.translate(x, y);
  g.rotate(turn);
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.beginPath();
  g.roundRect(-l / 2, -w / 2, l, w, Math.min(w / 2, 9));
  g.stroke();
  g.restore();
  return (Math.abs(Math.sin(turn)) * l + Math.abs(Math.cos(turn)) * w) / 2;
}

function drawNumbers(g, scene) {
  for (const q of scene.others) {
    if (FIXED.has(q.o.kind) || q.away > 95 || camera.scale < 3 || q.o.id === scene.why.cause || !inView(q.pose, 30)) continue;
    const [x, y] = toScreen(q.pose[0], q.pose[1]), turn = q.pose[2] + camera.rot;
    const reach = Math.max((Math.abs(Math.sin(turn)) * q.o.L + Math.abs(Math.cos(turn)) * q.o.W) * camera.scale * 0.5, 5);
    text(g, String(q.o.id), x, y - reach - 9, `500 11px ${pal.font}`, pal.ink2, pal.road);
  }
}

function drawCause(g, scene) {
  const q = scene.others.find((each) => each.o.id === scene.why.cause);
  if (!q || !inView(q.pose, 30)) return;
  const [x, y] = toScreen(q.pose[0], q.pose[1]), colour = scene.why.tone ? pal.warn : pal.ink2;
  const reach = ring(g, q, 5, colour, 1.8);
  if (["pedestrian", "bicycle"].includes(q.o.kind)) tag(g, x - reach - 19, y + 6, String(scene.why.name), colour, pal.surface, true);
  else tag(g, x, y - reach - 13, String(scene.why.name), colour, pal.surface, true);
}

function drawWallWords(g, drive, k) {
  const { walls } = drive, [first, last] = rowsOf(walls, k), taken = [];
  for (let i = first; i < last; i++) {
    const [x, y] = toScreen(walls.x[i], walls.y[i]), words = walls.reasons[walls.why[i]];
    if (!words || x < 0 || x > camera.w || y < 0 || y > camera.h) continue;
    let top = y - 2.4 * camera.scale - 16;
    while (taken.some((q) => Math.abs(q[0] - x) < 90 && Math.abs(q[1] - top) < 21)) top -= 22;
    taken.push([x, top]);
    tag(g, x, top, words, pal.warn, pal.surface, false);
  }
}

/** Time until the car touches an object that goes on as it does, both as boxes along the car's way: a reading aid. */
function closing(drive, scene, q) {
  if (q.ahead < 0 || Math.abs(q.aside) > (drive.ego.W + q.o.W) / 2 + 0.3) return null;
  const gap = q.ahead - (q.o.L + drive.ego.L) / 2, dv = scene.ego[3] - q.pose[3] * Math.cos(q.pose[2] - scene.ego[2]);
  return dv > 0.2 && gap > 0 ? gap / dv : Infinity;
}

function showTip(drive, scene, q, pinned) {
  const tip = $("tip");
  if (!q) { tip.style.opacity = 0; return; }
  const [x, y] = toScreen(q.pose[0], q.pose[1]), ttc = closing(drive, scene, q);
  const words = ttc === null ? "not straight ahead" : ttc === Infinity ? "not closing" : ttc > 30 ? "over 30 s" : fixed(ttc, 1) + " s";
  const head = make("div"), table = make("table");
  head.append(make("b", "", String(q.o.id)), ` ${nameOf(q.o)}${q.signals & UNSEEN ? ", not seen by the pilot" : ""}`);
  for (const [name, value] of [["speed", `${Math.round(q.pose[3] * 3.6)} km/h`], ["to touch", words], ["distance", `${q.away.toFixed(0)} m`]]) {
    const row = make("tr");
    row.append(make("td", "", name), make("td", "", value));
    table.append(row);
  }
  tip.replaceChildren(head, table);
  const w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = clamp(x + 22, 8, camera.w - w - 8) + "px";
  tip.style.top = clamp(y - h - 14 < 0 ? y + 22 : y - h - 14, 8, camera.h - h - 8) + "px";
  tip.style.opacity = inView(q.pose, 0) ? 1 : 0;
}

/** All marks; selected is the id of what is pinned or pointed at, or null. */
function drawMarks(g, drive, scene, selected) {
  g.setTransform(camera.dpr, 0, 0, camera.dpr, 0, 0);
  drawLights(g, drive, scene);
  drawWallWords(g, drive, scene.k);
  if (layers.label) drawNumbers(g, scene);
  drawCause(g, scene);
  const q = selected === null ? null : scene.others.find((each) => each.o.id === selected);
  if (q) {
    g.setLineDash([4, 3]);
    ring(g, q, 9, pal.ink, 1.6);
    g.setLineDash([]);
  }
  showTip(drive, scene, q);
}

function pick(scene, x, y) {
  const [wx, wy] = toWorld(x, y), slack = 7 / camera.scale;
  let best = null, nearest = Infinity;
  for (const q of scene.others) {
    const dx = wx - q.pose[0], dy = wy - q.pose[1], c = Math.cos(q.pose[2]), s = Math.sin(q.pose[2]);
    const along = Math.abs(c * dx + s * dy), across = Math.abs(c * dy - s * dx);
    if (along < q.o.L / 2 + slack && across < q.o.W / 2 + slack && along + across < nearest) [best, nearest] = [q.o.id, along + across];
  }
  return best;
}

/** The second line of the reason: what the cause is and does, or how much was weighed. */
function detailOf(drive, scene) {
  const q = scene.others.find((each) => each.o.id === scene.why.cause);
  if (q) {
    const where = q.ahead > 3 ? `${Math.round(q.ahead)} m ahead` : q.ahead < -3 ? `${Math.round(-q.ahead)} m behind` : "beside us";
    return `${scene.why.name}: ${nameOf(q.o)}, ${where}, ${q.pose[3] < 0.3 ? "standing" : Math.round(q.pose[3] * 3.6) + " km/h"}`;
  }
  const counts = drive.props.counts.map((c) => c[scene.k]), total = counts.reduce((a, b) => a + b, 0);
  if (!(total > 1)) return "";
  return counts[1] > 0 ? `${counts[1]} of ${total} proposals would meet a predicted path` : `${total} proposals weighed, none would meet another`;
}
