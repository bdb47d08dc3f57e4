/* The page's start, and its loop, which draws only when something changed. */
const PANEL_PERIOD = 90; // [ms] while playing

function prepare(drive) {
  drive.events = drive.events.map(([t, kind, words]) => ({ t, kind, text: words }));
  drive.road = buildRoad(drive.map);
  drive.egoShape = { id: "ego", kind: "car", L: drive.ego.L, W: drive.ego.W };
  drive.hasProposals = drive.props.counts.some((c) => c.some((v) => v > 0));
  const [slow, quick] = extent(drive.plan.v.length ? drive.plan.v : drive.ego.v);
  const low = Math.max(0, Math.floor((slow * 3.6) / 10) * 10), high = Math.ceil((quick * 3.6) / 10) * 10;
  drive.ramp = [Math.min(low, Math.max(0, high - 30)), Math.max(high, 30)];
  drive.fast = quick > 22;
  sumEnergy(drive);
  plots.rows = describeRows(drive);
  chooseView(drive.ego);
}

function showHead(drive) {
  const { head } = drive, count = drive.objs.filter((o) => !FIXED.has(o.kind)).length;
  $("title").textContent = head.scenario;
  $("sub").textContent = [`${count} other road users`, `${head.traffic} traffic`, `${head.duration.toFixed(0)} s`, head.pilot.split(":").pop()].filter(Boolean).join(", ");
  $("dur").textContent = `/ ${head.duration.toFixed(1)} s`;
  $("rl0").textContent = String(drive.ramp[0]);
  $("rl1").textContent = String(drive.ramp[1]);
  $("cmd").textContent = head.command;
  $("foot").textContent = `evpilot ${head.version}, ${head.car}. Run ${head.hash.slice(0, 12)}, scenario ${head.scenarioHash.slice(0, 12)}. Simulated at object level; not an approval.`;
  $("plots").setAttribute("aria-valuemax", head.duration.toFixed(1));
}

function resize(drive) {
  const view = $("view"), stage = view.getBoundingClientRect(), strip = $("pc").getBoundingClientRect();
  camera.dpr = Math.min(devicePixelRatio || 1, 2.5);
  camera.w = stage.width;
  camera.h = stage.height;
  view.width = Math.round(stage.width * camera.dpr);
  view.height = Math.round(stage.height * camera.dpr);
  for (const id of ["pc", "po"]) {
    $(id).width = Math.round(strip.width * camera.dpr);
    $(id).height = Math.round(strip.height * camera.dpr);
  }
  drawPlots(drive);
  show(drive, performance.now());
}

function showReason(drive, scene) {
  const { why } = scene, detail = player.said || detailOf(drive, scene);
  $("why").hidden = !why.text && !player.said;
  if ($("whyP").textContent !== why.text) $("whyP").textContent = why.text;
  if ($("whyD").textContent !== detail) $("whyD").textContent = detail;
  $("why").dataset.tone = why.tone;
}

function showSpeed(drive, scene) {
  const a = at(drive.ego.a, clamp(scene.t / drive.ego.dt, 0, drive.ego.n - 1)), limit = drive.tick.limit[scene.k];
  $("spd").textContent = fixed(scene.ego[3] * 3.6, 0);
  $("acc").textContent = `${a > 0.05 ? "+" : ""}${fixed(a, 1)} m/s²`;
  $("lim").hidden = Number.isNaN(limit);
  $("lim").textContent = fixed(limit * 3.6, 0);
  const round = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((m) => m * camera.scale > 46) ?? 1000;
  $("scl").textContent = `${round} m`;
  $("scu").style.width = `${round * camera.scale}px`;
}

function show(drive, now) {
  const g = $("view").getContext("2d"), scene = sceneAt(drive, player.t);
  aim(drive.ego, player.t);
  drawStage(g, drive, scene, player.only);
  drawMarks(g, drive, scene, player.pinned ?? player.hovered);
  drawCursor(drive, player.t);
  showReason(drive, scene);
  showSpeed(drive, scene);
  $("clk").textContent = player.t.toFixed(1);
  if (!player.playing || now - (show.panelAt ?? 0) > PANEL_PERIOD) {
    show.panelAt = now;
    showPanel(drive, scene, player.only);
    $("plots").setAttribute("aria-valuenow", player.t.toFixed(1));
    $("plots").setAttribute("aria-valuetext", `${player.t.toFixed(1)} s, ${scene.why.text}`);
  }
}

function loop(drive) {
  let before = performance.now();
  const frame = (now) => {
    const passed = Math.min(0.1, (now - before) / 1000);
    before = now;
    if (player.playing) {
      player.t = Math.min(player.t + passed * player.rate, drive.head.duration);
      if (player.t >= drive.head.duration) setPlaying(drive, false);
      touch();
    }
    if (player.dirty) {
      player.dirty = false;
      show(drive, now);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** What a link asks for: #t=12.3&pin=7&zoom=1.5&head=1&theme=dark&rate=2. */
function readLink(drive) {
  const asked = new URLSearchParams(location.hash.slice(1)), number = (name) => (asked.has(name) && Number.isFinite(Number(asked.get(name))) ? Number(asked.get(name)) : null);
  if (number("t") !== null) { setPlaying(drive, false); seek(drive, number("t")); }
  if (number("pin") !== null) player.pinned = number("pin");
  if (number("zoom") !== null) camera.zoom = clamp(number("zoom"), 0.06, 9);
  if (asked.get("head") === "1") setHeadUp(true);
  if (RATES.includes(number("rate"))) setRate(number("rate"));
  if (["light", "dark", "system"].includes(asked.get("theme"))) changeTheme(drive, asked.get("theme"));
  return number("t") !== null;
}

/** For tests and the curious: what the page shows, to be read only. */
function hook(drive) {
  const state = () => {
    const scene = sceneAt(drive, player.t);
    aim(drive.ego, player.t);
    return {
      t: player.t, playing: player.playing, rate: player.rate, duration: drive.head.duration, follow: camera.follow, zoom: camera.zoom, theme: document.documentElement.dataset.theme,
      cars: scene.others.length, inView: scene.others.filter((q) => inView(q.pose, 0)).length, ids: scene.others.map((q) => q.o.id),
      ego: toScreen(scene.ego[0], scene.ego[1]), reason: scene.why.text, cause: scene.why.cause, pinned: player.pinned, events: drive.events.length,
    };
  };
  Object.defineProperty(window, "evpilot", { value: Object.freeze({ state }) });
}

async function start() {
  const drive = await readDrive();
  readPalette();
  prepare(drive);
  showHead(drive);
  showVerdict(drive);
  wireButtons(drive);
  wireKeys(drive);
  wireStage(drive);
  wirePlots(drive);
  buildProposalRows((why) => { player.only = why === 0 || player.only === why ? null : why; touch(); });
  setRate(1);
  resize(drive);
  const paused = readLink(drive);
  const watch = new ResizeObserver(() => resize(drive));
  watch.observe($("stage"));
  watch.observe($("plots"));
  darkQuery.addEventListener("change", () => changeTheme(drive, theme));
  addEventListener("hashchange", () => { readLink(drive); touch(); });
  hook(drive);
  loop(drive);
  if (!paused && !matchMedia("(prefers-reduced-motion: reduce)").matches) setPlaying(drive, true);
}

start().catch((error) => {
  $("why").hidden = false;
  $("why").dataset.tone = "fault";
  $("whyP").textContent = "This page cannot be shown";
  $("whyD").textContent = `${error.message}. It needs a browser of 2023 or later.`;
  throw error;
});
