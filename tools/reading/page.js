"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const rows = [...document.querySelectorAll("#rows > li")];
const panel = document.getElementById("panel");
const search = document.getElementById("search");
const boxes = [...document.querySelectorAll(".boxes input")];
const root = document.documentElement;
let chosen = null;

// dark or light: as the machine says, until the button is pressed
root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
const turn = () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; };
document.getElementById("theme").addEventListener("click", turn);

function element(name, text, more = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  return made;
}

// which rows are shown
const texts = new Map(rows.map(row => {
  const packet = data[row.dataset.n];
  const parts = packet && packet.parts ? packet.parts.map(p => p[2] + " " + p[3]).join(" ") : "";
  return [row, (row.textContent + " " + (row.dataset.words || "") + " " + parts).toLowerCase()];
}));
function filter() {
  const on = new Set(boxes.filter(box => box.checked).map(box => box.value));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const fits = on.has(row.dataset.c) && (!on.has("wrong") || row.classList.contains("wrong"))
      && words.every(word => texts.get(row).includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  document.getElementById("count").textContent = `${shown} of ${rows.length} shown`;
}
boxes.forEach(box => box.addEventListener("change", filter));
search.addEventListener("input", filter);

// the panel: fields, and their bytes in the dump
function light(at) {
  for (const one of panel.querySelectorAll(".on")) one.classList.remove("on");
  if (at === null) return;
  const row = panel.querySelector(`tr[data-p="${at}"]`);
  row.classList.add("on");
  const [first, size] = row.dataset.span.split(" ").map(Number);
  for (const one of panel.querySelectorAll(".hex span[data-b]")) {
    const byte = Number(one.dataset.b);
    if (byte >= first && byte < first + size) one.classList.add("on");
  }
}
function dump(packet) {
  const box = element("div", undefined, {class: "hex", "aria-label": "bytes"});
  const owner = [];
  packet.parts.forEach(([at, size], part) => {
    for (let byte = at; byte < at + size; byte++) owner[byte] = part;
  });
  const bytes = packet.hex.match(/../g) || [];
  for (let line = 0; line < bytes.length; line += 16) {
    const made = element("div");
    made.append(element("span", String(line).padStart(4) + "  ", {class: "at"}));
    let said = "";
    bytes.slice(line, line + 16).forEach((byte, place) => {
      const at = line + place;
      made.append(element("span", byte, {"data-b": at, "data-p": owner[at] ?? "",
        class: byte === "**" ? "hid" : ""}), place === 7 ? "  " : " ");
      const code = parseInt(byte, 16);
      said += code >= 32 && code < 127 ? String.fromCharCode(code) : "·";
    });
    const missing = 16 - Math.min(16, bytes.length - line);
    const gap = " ".repeat(3 * missing + (missing > 8 ? 1 : 0) + 1);
    made.append(gap, element("span", said, {class: "at"}));
    box.append(made);
  }
  box.addEventListener("click", event => {
    const part = event.target.dataset.p;
    if (part) light(part);
  });
  return box;
}
function table(packet) {
  const made = element("table", undefined, {class: "parts"});
  packet.parts.forEach(([at, size, name, words, inner], number) => {
    const row = element("tr", undefined, {"data-p": number, "data-span": `${at} ${size}`,
      tabindex: 0, class: inner ? "inner" : ""});
    row.append(element("td", at), element("td", name), element("td", words));
    for (const what of ["click", "focus", "mouseenter"]) {
      row.addEventListener(what, () => light(number));
    }
    made.append(row);
  });
  return made;
}
function tell(row) {
  panel.replaceChildren();
  const packet = data[row.dataset.n];
  panel.append(element("h3", row.dataset.words || row.innerText.trim()));
  const sub = element("p", `packet ${row.dataset.n} of the capture, `
    + `${row.querySelector("time").textContent}`, {class: "sub"});
  if (packet && packet.size) sub.append(`, ${packet.size} bytes from the TPDU on`);
  if (row.dataset.about && document.getElementById("p" + row.dataset.about)) {
    sub.append(", goes with ", element("a", "packet " + row.dataset.about,
      {href: "#p" + row.dataset.about}));
  }
  panel.append(sub);
  for (const wrong of row.querySelectorAll(".what")) {
    panel.append(element("p", wrong.textContent, {class: "what", style: "padding:0"}));
  }
  if (packet && packet.hex) panel.append(dump(packet));
  if (packet && packet.parts) panel.append(table(packet));
  if (packet && !packet.parts) {
    panel.append(element("p", "No fields can be read, so its bytes stay hidden.", {class: "hint"}));
  }
}
function choose(row, follow = true) {
  if (!row) return;
  if (chosen) chosen.classList.remove("chosen");
  chosen = row;
  row.classList.add("chosen");
  tell(row);
  const target = row.querySelector("button.say");
  if (follow) {
    row.scrollIntoView({block: "nearest"});
    if (target) target.focus({preventScroll: true});
  }
}
document.getElementById("rows").addEventListener("click", event => {
  const row = event.target.closest("li");
  if (row) choose(row, false);
});
panel.addEventListener("click", event => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  const row = document.querySelector(link.getAttribute("href"));
  row.hidden = false;
  choose(row);
});
document.querySelector("header").addEventListener("click", event => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  const row = document.querySelector(link.getAttribute("href"));
  if (row) { row.hidden = false; choose(row); row.scrollIntoView({block: "center"}); }
});

// keys
function step(way, only = () => true) {
  let at = rows.indexOf(chosen) + way;
  while (at >= 0 && at < rows.length && (rows[at].hidden || !only(rows[at]))) at += way;
  choose(rows[at]);
}
const wrong = row => row.classList.contains("wrong");
document.getElementById("next").addEventListener("click", () => step(1, wrong));
document.getElementById("before").addEventListener("click", () => step(-1, wrong));
const keys = {
  ArrowDown: () => step(1), ArrowUp: () => step(-1), j: () => step(1), k: () => step(-1),
  n: () => step(1, wrong), N: () => step(-1, wrong), "/": () => search.focus(), t: turn,
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    search.value = "";
    filter();
    document.activeElement.blur();
    return;
  }
  if (event.target === search || panel.contains(event.target)) return;
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

filter();
const hash = location.hash && document.getElementById(location.hash.slice(1));
const first = hash || rows.find(row => wrong(row) && row.dataset.c === "wire")
  || rows.find(row => data[row.dataset.n]);
if (first) choose(first, Boolean(hash));
