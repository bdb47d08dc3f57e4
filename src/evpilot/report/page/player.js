/* Time and controls: play, scrub, keys, pointers, links, pictures, clips, tables. */
const RATES = [0.25, 0.5, 1, 2, 4, 8];
const LAYER_NAMES = { pred: "predictions", prop: "proposals", tail: "stopping point", label: "numbers" };
const player = { t: 0, playing: false, rate: 1, only: null, pinned: null, hovered: null, dirty: true, recorder: null, said: "" };
const touch = () => { player.dirty = true; };

function setPlaying(drive, on) {
  if (on && player.t >= drive.head.duration - 0.01) player.t = 0;
  player.playing = on;
  $("playIcon").setAttribute("d", on ? "M7 5h4v14H7zM13.5 5h4v14h-4z" : "M8 5.5v13l11-6.5z");
  $("bPlay").setAttribute("aria-label", on ? "Pause" : "Play");
  touch();
}

function setRate(rate) {
  player.rate = rate;
  for (const b of $("rate").children) b.setAttribute("aria-pressed", String(Number(b.dataset.rate) === rate));
  $("rateS").value = String(rate);
}

function seek(drive, t) {
  player.t = clamp(t, 0, drive.head.duration);
  touch();
}

function jump(drive, way) {
  const list = way > 0 ? drive.events : [...drive.events].reverse();
  const event = list.find((e) => (way > 0 ? e.t > player.t + 0.05 : e.t < player.t - 0.05));
  if (event) seek(drive, event.t);
}

function setFollow(on) {
  camera.follow = on;
  $("bFollow").setAttribute("aria-pressed", String(on));
  touch();
}

function setHeadUp(on) {
  camera.headUp = on;
  $("bHead").setAttribute("aria-pressed", String(on));
  setFollow(true);
}

function toggleLayer(name) {
  layers[name] = !layers[name];
  document.querySelector(`[data-layer=${name}]`).setAttribute("aria-pressed", String(layers[name]));
  touch();
}

/** A short message in the reason's second line. */
function say(words) {
  player.said = words;
  touch();
  setTimeout(() => { player.said = ""; touch(); }, 1400);
}

function save(blob, name) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 2000);
}

const fileName = (drive) => drive.head.scenario.replace(/[^\w.-]+/g, "_");

/** The address of this second; with what differs from the page's first look. */
function link(drive) {
  const parts = [`t=${player.t.toFixed(1)}`];
  if (player.pinned !== null) parts.push(`pin=${player.pinned}`);
  if (camera.headUp) parts.push("head=1");
  if (Math.abs(camera.zoom - 1) > 0.01) parts.push(`zoom=${camera.zoom.toFixed(2)}`);
  history.replaceState(null, "", "#" + parts.join("&"));
  navigator.clipboard?.writeText(location.href).then(() => say("link copied"), () => say("link in the address bar"));
}

function picture(drive) {
  const view = $("view"), k = camera.dpr, foot = 64 * k, sheet = make("canvas");
  sheet.width = view.width;
  sheet.height = view.height + foot;
  const c = sheet.getContext("2d"), why = whyAt(drive, Math.floor(player.t / drive.head.dt + 1e-4));
  c.drawImage(view, 0, 0);
  c.fillStyle = pal.surface;
  c.fillRect(0, view.height, sheet.width, foot);
  c.fillStyle = pal.ink;
  c.font = `600 ${18 * k}px ${pal.font}`;
  c.fillText(why.text, 18 * k, view.height + 27 * k);
  c.fillStyle = pal.ink3;
  c.font = `${13 * k}px ${pal.font}`;
  c.fillText(`evpilot · ${drive.head.scenario} · ${player.t.toFixed(1)} s`, 18 * k, view.height + 49 * k);
  sheet.toBlob((blob) => save(blob, `evpilot-${fileName(drive)}-${player.t.toFixed(1)}s.png`));
}

function record(drive) {
  const view = $("view");
  if (player.recorder) return player.recorder.stop();
  if (!view.captureStream || !window.MediaRecorder) return say("this browser cannot record");
  const chunks = [], recorder = new MediaRecorder(view.captureStream(30));
  recorder.ondataavailable = (e) => chunks.push(e.data);
  recorder.onstop = () => {
    save(new Blob(chunks, { type: recorder.mimeType }), `evpilot-${fileName(drive)}.webm`);
    player.recorder = null;
    $("bRec").setAttribute("aria-pressed", "false");
  };
  recorder.start();
  player.recorder = recorder;
  $("bRec").setAttribute("aria-pressed", "true");
  setPlaying(drive, true);
}

function table(drive) {
  const { ego, tick, head } = drive, rows = ["t_s,speed_kmh,limit_kmh,accel_mps2,ttc_s,power_kw"];
  const number = (v, digits) => (Number.isNaN(v) ? "" : v.toFixed(digits));
  for (let k = 0; k < ego.n; k++) {
    const t = k * ego.dt, i = clamp(Math.floor(t / head.dt + 1e-4), 0, head.n - 1);
    rows.push([t.toFixed(2), number(ego.v[k] * 3.6, 2), number(tick.limit[i] * 3.6, 0), number(ego.a[k], 3), number(tick.ttc[i], 2), number(ego.power[k] / 1e3, 2)].join());
  }
  save(new Blob([rows.join("\n") + "\n"]), `evpilot-${fileName(drive)}.csv`);
}

function changeTheme(drive, to) {
  theme = to;
  readPalette();
  drawPlots(drive);
  touch();
}

function resetView() {
  camera.zoom = 1;
  setHeadUp(false);
}

function stepRate(by) {
  setRate(RATES[clamp(RATES.indexOf(player.rate) + by, 0, RATES.length - 1)]);
}

function wireButtons(drive) {
  const on = (id, act) => $(id).addEventListener("click", act);
  on("bPlay", () => setPlaying(drive, !player.playing));
  on("bPrev", () => jump(drive, -1));
  on("bNext", () => jump(drive, 1));
  on("bFollow", () => setFollow(!camera.follow));
  on("bHead", () => setHeadUp(!camera.headUp));
  on("bIn", () => { zoomBy(1.35); touch(); });
  on("bOut", () => { zoomBy(1 / 1.35); touch(); });
  on("bShare", () => link(drive));
  on("bShot", () => picture(drive));
  on("bRec", () => record(drive));
  on("bTheme", () => changeTheme(drive, nextTheme()));
  on("bHelp", () => $("help").showModal());
  on("bClose", () => $("help").close());
  on("bCsv", () => table(drive));
  on("bCmd", () => navigator.clipboard?.writeText(drive.head.command).then(() => say("command copied"), () => say("select the text to copy it")));
  for (const rate of RATES) {
    const button = make("button", "", `${rate}×`), option = make("option", "", `${rate}×`);
    button.dataset.rate = rate;
    option.value = rate;
    button.addEventListener("click", () => setRate(rate));
    $("rate").append(button);
    $("rateS").append(option);
  }
  $("rateS").addEventListener("change", (e) => setRate(Number(e.target.value)));
  for (const [name, words] of Object.entries(LAYER_NAMES)) {
    const chip = make("button", "chip");
    chip.dataset.layer = name;
    chip.setAttribute("aria-pressed", "true");
    chip.append(make("i"), words);
    chip.addEventListener("click", () => toggleLayer(name));
    $("chips").append(chip);
  }
}

function wireKeys(drive) {
  const act = {
    " ": () => setPlaying(drive, !player.playing),
    arrowleft: (e) => seek(drive, player.t - (e.shiftKey ? 1 : drive.head.dt)),
    arrowright: (e) => seek(drive, player.t + (e.shiftKey ? 1 : drive.head.dt)),
    home: () => seek(drive, 0), end: () => seek(drive, drive.head.duration),
    ",": () => jump(drive, -1), ".": () => jump(drive, 1), "[": () => stepRate(-1), "]": () => stepRate(1),
    f: () => setFollow(!camera.follow), h: () => setHeadUp(!camera.headUp),
    "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), 0: resetView,
    p: () => toggleLayer("pred"), o: () => toggleLayer("prop"), x: () => toggleLayer("tail"), l: () => toggleLayer("label"),
    c: () => link(drive), s: () => picture(drive), r: () => record(drive), d: () => changeTheme(drive, nextTheme()),
    "?": () => $("help").showModal(), escape: () => { player.pinned = null; player.only = null; },
  };
  addEventListener("keydown", (e) => {
    if (e.target.tagName === "SELECT" || e.metaKey || e.ctrlKey || e.altKey || $("help").open) return;
    const todo = act[e.key.toLowerCase()];
    if (!todo || (e.target.tagName === "BUTTON" && e.key === " ")) return;
    e.preventDefault();
    todo(e);
    touch();
  });
}

/** Drag pans, pinch and wheel zoom, hover reads, tap pins. */
function wireStage(drive) {
  const view = $("view"), down = new Map();
  let moved = 0, pinch = 0;
  const under = (e) => pick(sceneAt(drive, player.t), e.offsetX, e.offsetY);
  view.addEventListener("pointerdown", (e) => {
    view.setPointerCapture(e.pointerId);
    down.set(e.pointerId, [e.offsetX, e.offsetY]);
    moved = 0;
    view.classList.add("drag");
  });
  view.addEventListener("pointermove", (e) => {
    const from = down.get(e.pointerId), to = [e.offsetX, e.offsetY];
    if (!from) {
      const id = under(e);
      if (id !== player.hovered) { player.hovered = id; touch(); }
      return;
    }
    moved += Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]);
    down.set(e.pointerId, to);
    if (down.size === 2) {
      const [a, b] = [...down.values()], apart = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (pinch) zoomBy(apart / pinch, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      pinch = apart;
    } else if (moved > 5) {
      if (camera.follow) setFollow(false);
      const a = toWorld(...from), b = toWorld(...to);
      camera.x -= b[0] - a[0];
      camera.y -= b[1] - a[1];
    }
    touch();
  });
  const up = (e) => {
    down.delete(e.pointerId);
    pinch = 0;
    view.classList.remove("drag");
    if (moved < 6 && e.type === "pointerup") {
      const id = under(e);
      player.pinned = id === player.pinned ? null : id;
    }
    touch();
  };
  view.addEventListener("pointerup", up);
  view.addEventListener("pointercancel", up);
  view.addEventListener("pointerleave", () => { player.hovered = null; touch(); });
  view.addEventListener("wheel", (e) => {
    e.preventDefault();
    zoomBy(Math.exp(-e.deltaY * 0.0014), e.offsetX, e.offsetY);
    touch();
  }, { passive: false });
}

/** Scrub anywhere in the plots; marks of events snap. */
function wirePlots(drive) {
  const box = $("plots");
  let scrubbing = false;
  box.addEventListener("pointerdown", (e) => {
    scrubbing = true;
    box.setPointerCapture(e.pointerId);
    const event = e.offsetY < 28 ? drive.events.find((q) => Math.abs(e.offsetX - q.x) < 9) : null;
    seek(drive, event ? event.t : timeAtX(drive, e.offsetX));
  });
  box.addEventListener("pointermove", (e) => {
    plots.mouse = [e.offsetX, e.offsetY];
    if (scrubbing) seek(drive, timeAtX(drive, e.offsetX));
    touch();
  });
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, () => { scrubbing = false; });
  box.addEventListener("pointerleave", () => { plots.mouse = [-99, -99]; touch(); });
}
