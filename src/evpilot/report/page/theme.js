/* Light and dark: the style sheet's tokens, read once for the canvases. */
const TOKENS = (
  "bg surface sunk ink ink2 ink3 line ground road shoulder cycle walk mark kerb building building2 grid obj obj2 glass " +
  "objline ego egoglass pred warn caution amber good r0 r1 r2 r3 prop shadow"
).split(" ");
const LAMPS = { light: { brake: "#D42A0E", turn: "#E08A00", blue: "#1F6FEB" }, dark: { brake: "#FF5A3C", turn: "#FFC24A", blue: "#7FB4FF" } };
const RAMP_STEPS = 48;
const pal = {};
const darkQuery = matchMedia("(prefers-color-scheme: dark)");
let theme = "system";

function readPalette() {
  const dark = theme === "dark" || (theme === "system" && darkQuery.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const style = getComputedStyle(document.documentElement);
  for (const token of TOKENS) pal[token] = style.getPropertyValue("--" + token).trim();
  pal.font = style.getPropertyValue("--font");
  pal.dark = dark;
  pal.lamps = LAMPS[dark ? "dark" : "light"];
  const stops = [pal.r0, pal.r1, pal.r2, pal.r3].map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  pal.ramp = Array.from({ length: RAMP_STEPS + 1 }, (_, i) => {
    const u = (i / RAMP_STEPS) * 3, a = Math.min(2, Math.floor(u));
    return "rgb(" + stops[a].map((c, j) => Math.round(lerp(c, stops[a + 1][j], u - a))).join() + ")";
  });
}

const nextTheme = () => ({ system: darkQuery.matches ? "light" : "dark", light: "dark", dark: "light" })[theme];
