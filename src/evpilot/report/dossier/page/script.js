"use strict";
const asked = new URLSearchParams(location.search).get("theme"), system = matchMedia("(prefers-color-scheme: dark)");
let theme = asked || "system";
function apply() {
  const dark = theme === "dark" || (theme === "system" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
apply();
system.addEventListener("change", apply);
document.getElementById("theme").onclick = () => {
  theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  apply();
};
document.getElementById("print").onclick = () => print();
for (const button of document.querySelectorAll("[data-copy]")) {
  button.onclick = () => {
    navigator.clipboard?.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1200);
  };
}
const WORDS = [
  "avoided, comfortable", "avoided by hard braking", "avoided, no reference driver is able to",
  "contact, out of reach of the reference drivers too", "preventable contact", "failed without a preventable contact",
  "could not be driven",
];
for (const svg of document.querySelectorAll("svg.map")) {
  const { x, y, o, frame: [left, top, w, h], names } = JSON.parse(svg.dataset.cells);
  const said = svg.closest("figure").querySelector(".said"), still = said.textContent;
  const pick = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "rect"));
  pick.setAttribute("class", "pick");
  pick.setAttribute("width", w);
  pick.setAttribute("height", h);
  pick.setAttribute("visibility", "hidden");
  svg.addEventListener("pointermove", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const column = Math.floor((at.x - left) / w), row = y.length - 1 - Math.floor((at.y - top) / h);
    const inside = column >= 0 && row >= 0 && column < x.length && row < y.length;
    pick.setAttribute("visibility", inside ? "visible" : "hidden");
    if (!inside) { said.textContent = still; return; }
    pick.setAttribute("x", left + column * w);
    pick.setAttribute("y", top + (y.length - 1 - row) * h);
    const letter = o[row * x.length + column];
    const word = letter === "." ? "not driven" : WORDS[letter];
    said.textContent = `${names[0]} ${x[column]}; ${names[1]} ${y[row]}: ${word}`;
  });
  svg.addEventListener("pointerleave", () => { pick.setAttribute("visibility", "hidden"); said.textContent = still; });
}
window.evpilot = { state: () => ({ theme: document.documentElement.dataset.theme }) };
