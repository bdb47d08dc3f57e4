/* The map: paths are built once, then drawn under one transform. */
const GRID = 25; // [m]

/** A Path2D of all rings or lines of a group {start, x, y}; rings run counter-clockwise, so that overlaps stay filled. */
function pathOf(group, closed) {
  const path = new Path2D();
  if (!group) return path;
  for (let i = 0; i + 1 < group.start.length; i++) {
    for (let k = group.start[i]; k < group.start[i + 1]; k++) {
      if (k === group.start[i]) path.moveTo(group.x[k], group.y[k]);
      else path.lineTo(group.x[k], group.y[k]);
    }
    if (closed) path.closePath();
  }
  return path;
}

function buildRoad(map) {
  const road = { areas: {}, lines: {}, marks: {} };
  for (const name of ["walk", "shoulder", "cycle", "road"]) road.areas[name] = pathOf(map.areas?.[name], true);
  for (const name of ["dash", "solid", "broad_dash", "broad", "kerb", "edge"]) road.lines[name] = pathOf(map.lines?.[name], false);
  for (const name of ["zebra", "goal"]) road.marks[name] = pathOf(map.marks?.[name], true);
  for (const name of ["stop", "yield"]) road.marks[name] = pathOf(map.marks?.[name], false);
  return road;
}

function line(g, path, colour, width, dash = []) {
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.setLineDash(dash);
  g.stroke(path);
  g.setLineDash([]);
}

/** A faint grid on the ground: motion stays visible where there is no road. */
function drawGrid(g, px) {
  const corners = [[0, 0], [camera.w, 0], [0, camera.h], [camera.w, camera.h]].map((p) => toWorld(...p));
  const xs = corners.map((c) => c[0]), ys = corners.map((c) => c[1]);
  const step = GRID * Math.max(1, 2 ** Math.ceil(Math.log2(18 / (GRID * camera.scale))));
  const path = new Path2D();
  for (let x = Math.floor(Math.min(...xs) / step) * step; x < Math.max(...xs); x += step) {
    path.moveTo(x, Math.min(...ys));
    path.lineTo(x, Math.max(...ys));
  }
  for (let y = Math.floor(Math.min(...ys) / step) * step; y < Math.max(...ys); y += step) {
    path.moveTo(Math.min(...xs), y);
    path.lineTo(Math.max(...xs), y);
  }
  line(g, path, pal.grid, px);
}

function drawRoad(g, road, fast) {
  const px = 1 / camera.scale;
  drawGrid(g, px);
  g.lineJoin = "round";
  g.lineCap = "butt";
  for (const name of ["walk", "shoulder", "cycle", "road"]) {
    line(g, road.areas[name], pal.kerb, Math.max(0.5, 2.2 * px));
  }
  for (const name of ["walk", "shoulder", "cycle", "road"]) {
    g.fillStyle = pal[name];
    g.fill(road.areas[name]);
    line(g, road.areas[name], pal[name], Math.max(0.06, px)); // closes the hair-line between neighbours
  }
  g.fillStyle = pal.mark;
  g.fill(road.marks.zebra);
  const thin = Math.max(0.15, px), broad = Math.max(0.28, 1.4 * px);
  line(g, road.lines.edge, pal.mark, thin);
  line(g, road.lines.solid, pal.mark, thin);
  line(g, road.lines.broad, pal.mark, broad);
  line(g, road.lines.dash, pal.mark, thin, fast ? [6, 9] : [3, 4.5]);
  line(g, road.lines.broad_dash, pal.mark, broad, fast ? [3, 3] : [1, 1]);
  line(g, road.lines.kerb, pal.kerb, Math.max(0.2, 1.2 * px));
  line(g, road.marks.stop, pal.mark, 0.5);
  line(g, road.marks.yield, pal.mark, 0.5, [0.5, 0.35]);
  drawGoals(g, road, px);
}

function drawGoals(g, road, px) {
  g.fillStyle = pal.ego;
  g.globalAlpha = 0.1;
  g.fill(road.marks.goal);
  g.globalAlpha = 0.75;
  line(g, road.marks.goal, pal.ego, Math.max(0.15, 1.4 * px), [1.2, 0.8]);
  g.globalAlpha = 1;
}
