/* The side panel: verdict and score once, the figures of the moment eleven times a second. */
const TICK = "M3 8.5l3.2 3.2L13 4.8", CROSS = "M4 4l8 8M12 4l-8 8", OPEN = "M4 8h8";
const WHY_WORDS = ["chosen", "would meet a predicted path", "breaks a rule or line", "leaves the comfort band", "slower or costs more energy", "leaves the road"];
const WHY_ORDER = [0, 1, 2, 5, 3, 4];
const GATE_WORDS = { nc: "no contact at fault", dac: "on the road", ddc: "right direction", mp: "makes progress" }; // nuPlan's names
const spaced = (name) => name.replaceAll("_", " ").replace(/\bttc\b/, "time to collision");
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  path.setAttribute("d", shape);
  svg.append(path);
  return svg;
}

/** One line for the headline, failures first. */
function headline(score, outcome) {
  if (score.atFault > 0) return ["contact at fault", false];
  if (score.offroad) return ["off the road", false];
  if (score.goal === false) return [outcome === "stopped" ? "stopped itself" : "goal missed", false];
  if (score.faults > 0) return ["the pilot failed", false];
  return [score.goal ? "goal reached" : "drove to the end", true];
}

function showVerdict(drive) {
  const { score, head } = drive;
  $("verdict").hidden = $("partsS").hidden = !score;
  if (!score) return;
  const [word, good] = head.ruling ?? headline(score, head.outcome);
  $("vsuite").textContent = "closed loop, nuPlan's score";
  $("vscore").replaceChildren(score.total === null ? "none" : (score.total * 100).toFixed(1), make("small", "", " / 100"));
  $("vword").textContent = word;
  $("badge").classList.toggle("bad", !good);
  $("badgeIcon").setAttribute("d", good ? TICK : CROSS);
  const gates = Object.entries(score.gates).map(([name, value]) => [GATE_WORDS[name] ?? spaced(name), value === null ? null : value >= 1]);
  if (score.goal !== null && !head.ruling) gates.push(["goal reached", score.goal]);
  if (score.faults !== null) gates.push(["pilot without fault", score.faults === 0]);
  const rows = gates.sort((a, b) => (a[1] === false ? 0 : 1) - (b[1] === false ? 0 : 1)).map(([name, passed]) => {
    const row = make("div", passed === null ? "open" : passed ? "" : "bad");
    row.append(icon(passed === null ? OPEN : passed ? TICK : CROSS), name);
    return row;
  });
  $("gates").replaceChildren(...rows);
  $("parts").replaceChildren(...score.parts.flatMap(([name, value, weight]) => {
    const track = make("div", "track"), bar = make("i"), figure = make("span", "", value === null ? "none" : value.toFixed(2));
    bar.style.width = `${(value ?? 0) * 100}%`;
    track.append(bar);
    figure.append(make("span", "w", ` ×${weight}`));
    return [make("span", "", capital(spaced(name))), track, figure];
  }));
}

function cell(name, value, unit, bad) {
  const box = make("div", bad ? "bad" : ""), figure = make("b", "", value);
  if (unit) figure.append(make("small", "", " " + unit));
  box.append(make("span", "", name), figure);
  return box;
}

/** Sums that the energy figures need, once: drawn [J], recovered [J], driven [m]. */
function sumEnergy(drive) {
  const { ego } = drive, n = ego.n, energy = new Float64Array(n), back = new Float64Array(n), way = new Float64Array(n);
  for (let k = 1; k < n; k++) {
    const p = (ego.power[k] + ego.power[k - 1]) / 2;
    energy[k] = energy[k - 1] + (p || 0) * ego.dt;
    back[k] = back[k - 1] + Math.max(0, -p || 0) * ego.dt;
    way[k] = way[k - 1] + Math.abs(ego.v[k]) * ego.dt;
  }
  drive.sums = { energy, back, way };
}

function buildProposalRows(onPick) {
  $("rej").replaceChildren(...WHY_ORDER.map((why) => {
    const row = make("button"), words = make("span", "", WHY_WORDS[why]);
    row.type = "button";
    row.dataset.why = why;
    row.setAttribute("aria-pressed", "false");
    row.title = why ? "Show only these" : "Show all";
    row.append(make("i", `why-${why}`), words, make("span"));
    row.addEventListener("click", () => onPick(why));
    return row;
  }));
  $("stack").replaceChildren(...WHY_ORDER.map((why) => make("i", `why-${why}`)));
}

function showProposals(drive, k, only) {
  const counts = drive.props.counts.map((c) => c[k] || 0), total = counts.reduce((a, b) => a + b, 0);
  $("weighed").hidden = !drive.hasProposals;
  if (!drive.hasProposals) return;
  const ms = drive.tick.planMs[k];
  $("pn").textContent = total ? `${total} this cycle${ms > 0 ? `, ${ms.toFixed(1)} ms` : ""}` : "none this cycle";
  [...$("stack").children].forEach((bar, i) => {
    bar.style.flex = String(counts[WHY_ORDER[i]]);
    bar.hidden = !counts[WHY_ORDER[i]];
  });
  for (const row of $("rej").children) {
    const why = Number(row.dataset.why);
    row.hidden = !counts[why] && why !== 0;
    row.lastChild.textContent = counts[why];
    row.setAttribute("aria-pressed", String(only === why));
  }
  $("alt").textContent = nextBest(drive, k);
}

function nextBest(drive, k) {
  const { props } = drive, [first, last] = rowsOf(props, Math.floor(k / props.stride));
  let chosen = Infinity, other = Infinity;
  for (let r = first; r < last; r++) {
    if (props.why[r] === 0) chosen = Math.min(chosen, props.cost[r]);
    else if (props.why[r] === 4) other = Math.min(other, props.cost[r]);
  }
  return chosen < 1e5 && other < 1e5 ? `Next best costs ${fixed(other - chosen, 2)} more.` : "";
}

function showPower(drive, f) {
  const row = plots.rows.find((r) => r.key === "power"), [low, , high] = row.ticks, kw = at(row.values, f), zero = (-low / (high - low)) * 100;
  const share = (clamp(kw, low, high) / (high - low)) * 100 || 0, bar = $("powi");
  $("epow").textContent = `${fixed(kw, 0)} kW`;
  bar.style.left = `${share < 0 ? zero + share : zero}%`;
  bar.style.width = `${Math.abs(share)}%`;
  bar.classList.toggle("good", kw < 0);
  $("powz").style.left = `${zero}%`;
  $("pow0").textContent = `${minus(low)} recovers`;
  $("pow1").textContent = `${high} kW draws`;
}

const WENT = [["air", "Air", "--ego"], ["rolling", "Rolling", "--ink3"], ["grade", "Grade", "--caution"], ["drive", "Drive", "--warn"], ["brakes", "Brakes", "--ink"], ["auxiliaries", "Auxiliaries", "--pred"]];

/** Where the energy has gone by a tick: a bar of its parts, and their figures. */
function showWent(drive, k) {
  const parts = WENT.map(([key, name, tone]) => [name, drive.spent[key][k] / 3600, tone]).filter(([, wh]) => Math.abs(wh) >= 0.5);
  $("enw").replaceChildren(...parts.filter(([, wh]) => wh > 0).map(([, wh, tone]) => {
    const piece = make("i");
    piece.style.flexGrow = wh;
    piece.style.background = `var(${tone})`;
    return piece;
  }));
  $("enl").replaceChildren(...parts.map(([name, wh, tone]) => {
    const part = make("span", "", `${name} ${fixed(wh, 0)} Wh`), dot = make("i");
    dot.style.background = `var(${tone})`;
    part.prepend(dot);
    return part;
  }));
}

function showEnergy(drive, f, tick) {
  const k = Math.round(f), { energy, back, way } = drive.sums, v = drive.ego.v[k], mass = drive.head.mass;
  const kinetic = 0.5 * mass * (drive.ego.v[0] ** 2 - v * v), net = energy[k] / 3600;
  const per = way[k] > 60 ? ((energy[k] + kinetic * 0.9) / 3600 / way[k]) * 1000 : NaN;
  showPower(drive, f);
  const { spent } = drive, braked = spent ? spent.braked[tick] : 0;
  $("enw").hidden = $("enl").hidden = !spent;
  if (spent) showWent(drive, tick);
  $("en").replaceChildren(
    cell("Drawn, net", fixed(net, 0), "Wh"), cell("Recuperated", ((spent ? spent.recuperated[tick] : back[k]) / 3600).toFixed(0), "Wh"),
    cell("Consumption", Number.isNaN(per) ? "…" : fixed(per, 0), "Wh/km"), cell("Driven", way[k] < 1000 ? way[k].toFixed(0) : (way[k] / 1000).toFixed(2), way[k] < 1000 ? "m" : "km"),
    ...(spent ? [cell("Charge", (100 * spent.charge[tick]).toFixed(2), "%"), cell("Of braking", braked > 1800 ? ((100 * spent.recuperated[tick]) / braked).toFixed(0) : "…", "% came back")] : []),
  );
}

function showPanel(drive, scene, only) {
  const f = clamp(scene.t / drive.ego.dt, 0, drive.ego.n - 1), k = scene.k, a = at(drive.ego.a, f);
  const ttc = drive.tick.ttc[k], headway = drive.tick.headway[k], judged = drive.tick.judged;
  $("now").replaceChildren(
    cell("Speed", fixed(scene.ego[3] * 3.6, 0), "km/h"),
    cell("Acceleration", fixed(a, 1), "m/s²", a < drive.head.comfort[0]),
    cell("Time to collision", ttc < 100 ? ttc.toFixed(1) : judged ? "none" : "not judged", ttc < 100 ? "s" : "", ttc < (drive.head.ttcLimit ?? 0)),
    cell("Headway", headway < 100 ? headway.toFixed(1) : judged ? "free" : "not judged", headway < 100 ? "s" : "", headway < 1),
  );
  showProposals(drive, k, only);
  showEnergy(drive, f, k);
}
