// The page's live end: draws what the server sends, sends what the person does. State is the
// server's: everything here can be thrown away and comes back with a reload.
import { drawScreen } from "./lcd.js";
import { addFrames, addLines, addSlips, fill, walk } from "./lists.js";

const byId = (id) => document.getElementById(id);
const till = document.body.dataset.till;
const trouble = byId("trouble");
const hints = ["paper", "frames"].map((id) => [byId(id), byId(id).firstElementChild]);
const GONE = 4404;    // the server has no such till
let socket = null;
let wait = 250;
let crash = "";
let leaving = false;  // a form of this page leads elsewhere already

const SHOW = {
  screen: (one) => {
    drawScreen(byId("lcd"), one.pixels);
    const text = one.rows.join("\n").trim();
    if (byId("rows").textContent !== text) byId("rows").textContent = text;
  },
  paper: (one) => {
    addLines(byId("paper"), one);
    addSlips(byId("slips"), one, till);
  },
  wire: (one) => addFrames(byId("frames"), one, openFrame),
  till: showTill,
  acquirer: showAcquirer,
  clock: (one) => {
    byId("now").textContent = one.now.slice(0, -4);
    Object.assign(byId("now").dataset, { at: one.now, speed: one.speed });
    byId("speed").value = String(one.speed);
  },
  error: (text) => say(text),
  reload: () => { if (!leaving) location.reload(); },
};

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/live?acks&till=${till}`);
  let fresh = true;
  socket.onmessage = (message) => {
    if (fresh) {      // a new connection tells everything from the beginning
      for (const [list, hint] of hints) list.replaceChildren(hint);
      crash = "";
      say("");
      wait = 250;
      fresh = false;
    }
    for (const [topic, value] of Object.entries(JSON.parse(message.data))) SHOW[topic]?.(value);
    send({ taken: true });
  };
  socket.onclose = (event) => {
    if (event.code === GONE) location.assign("/");
    say(trouble.dataset.lost);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 5000);
  };
}

function send(deed) {
  const open = socket?.readyState === WebSocket.OPEN;
  if (!deed.taken) say(open ? "" : trouble.dataset.lost);   // no deed goes astray unsaid
  if (open) socket.send(JSON.stringify(deed));
}

function say(text) {
  trouble.textContent = text || crash;
  trouble.hidden = !trouble.textContent;
}

// keys: by mouse or finger, and by keyboard

const TYPED = { Enter: "ENTER", Backspace: "CLEAR", Delete: "CLEAR", Escape: "CANCEL",
  ArrowUp: "UP", ArrowDown: "DOWN", m: "MENU", M: "MENU" };
const held = new Set();

function move(key, down) {
  if (down === held.has(key)) return;
  if (down) held.add(key); else held.delete(key);
  document.querySelector(`[data-key="${key}"]`).classList.toggle("down", down);
  send({ key, down });
}

for (const button of document.querySelectorAll("[data-key]")) {
  const key = button.dataset.key;
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    move(key, true);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    button.addEventListener(end, () => move(key, false));
  }
  // A screen reader or a switch clicks without a pointer: a short press.
  button.addEventListener("click", (event) => {
    if (event.detail === 0) {
      move(key, true);
      setTimeout(() => move(key, false), 70);
    }
  });
}

// Where there is a list or a sheet to move in, the arrows are its own.
const SCROLLED = "#frames, #frame, #paper, .scroll";

function ofKeypad(event) {
  if (event.key.startsWith("Arrow") && event.target.closest(SCROLLED)) return null;
  const inForm = event.target.closest("input, select, textarea, a, summary");
  // A switch goes by Space: who has just switched on presses ENTER next.
  const onButton = event.target.closest("button:not([role=switch])")
    && (event.key === "Enter" || event.key === " ");
  if (inForm || onButton || event.ctrlKey || event.metaKey || event.altKey) return null;
  return /^[0-9]$/.test(event.key) ? event.key : TYPED[event.key] ?? null;
}

document.addEventListener("keydown", (event) => {
  const key = ofKeypad(event);
  if (key === null) return;
  event.preventDefault();
  if (!event.repeat) move(key, true);
});
document.addEventListener("keyup", (event) => {
  const key = /^[0-9]$/.test(event.key) ? event.key : TYPED[event.key];
  if (key !== undefined && held.has(key)) move(key, false);
});
// Who clicked a switch types on at the terminal: the next Enter is the terminal's.
document.querySelector(".desk").addEventListener("click", (event) => {
  if (event.detail > 0 && event.target.closest("button")) byId("keypad").focus();
});
byId("frames").addEventListener("keydown", walk);
addEventListener("blur", () => { for (const key of [...held]) move(key, false); });

// the switches around

function onSwitch(id, statement) {
  byId(id).addEventListener("click", () => {
    const on = byId(id).getAttribute("aria-checked") !== "true";
    send({ do: statement(on) });
  });
}

byId("off").addEventListener("click", () => byId("power").click());
onSwitch("power", (on) => `power ${on ? "on" : "off"}`);
onSwitch("plug", (on) => `wire ${on ? "mend" : "cut"}`);
onSwitch("roll", (on) => `paper ${on ? "in" : "out"}`);
byId("swipe").addEventListener("click", () => send({ do: `swipe ${byId("card").value}` }));
byId("statement").addEventListener("submit", (event) => {
  event.preventDefault();
  const { line } = event.target.elements;
  if (line.value.trim()) send({ do: line.value.trim() });
  line.select();
});
byId("speed").addEventListener("change", () => send({ speed: Number(byId("speed").value) }));
byId("step").addEventListener("click", () => send({ step: true }));
byId("second").addEventListener("click", () => send({ step: 1000 }));
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => send({ do: button.dataset.do }));
}
byId("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const { mti, kind } = event.target.elements;
  send({ do: kind.selectedOptions[0].dataset.statement.replace("{mti}", mti.value) });
});

for (const form of document.querySelectorAll("form[action]")) {
  form.addEventListener("submit", () => { leaving = true; });
}

function setSwitch(id, on) {
  const one = byId(id);
  one.setAttribute("aria-checked", String(on));
  one.textContent = on ? one.dataset.on : one.dataset.off;
}

function showTill(one) {
  setSwitch("power", one.power);
  setSwitch("plug", one.plugged);
  setSwitch("roll", one.paper);
  for (const button of document.querySelectorAll("[data-stays]")) {
    button.setAttribute("aria-pressed", String(one.stands.includes(button.dataset.do)));
  }
  document.body.classList.toggle("dark-glass", !one.power);
  const state = one.state ?? "FREE";
  for (const lit of document.querySelectorAll(".machine .lit")) lit.classList.remove("lit");
  light(byId(`state-${state}`));
  for (const step of document.querySelectorAll(`.from-${state}`)) step.classList.add("lit");
  showInside(one);
  const named = namesOf(byId("records"));
  fill(byId("records"), one.records.map((record) => {
    const stands = record.state.toLowerCase().replace("_", " ");
    return ["li", `${named(record.kind)} ${record.order} ${record.amount}: ${named(stands)}, `
      + `STAN ${record.stan}`];
  }), byId("records").dataset.none);
  const { playing } = one;
  const story = byId("playing");
  story.hidden = !playing;
  story.classList.toggle("bad", Boolean(playing?.wrong));
  story.textContent = !playing ? "" : playing.wrong ?? (playing.statement
    ? `${story.dataset.name} ${playing.at}/${playing.of}: ${playing.statement}`
    : story.dataset.done);
  const dead = one.crash ? `${trouble.dataset.crashed}: ${one.crash}` : "";
  if (dead !== crash) {
    crash = dead;
    say(dead);
  }
}

// The drawing says which state is lit, and shows it where it is wider than its place.
function light(group) {
  const drawing = group.ownerSVGElement, place = drawing.parentElement;
  group.classList.add("lit");
  const told = `${drawing.dataset.name}: ${group.textContent}`;
  if (drawing.getAttribute("aria-label") === told) return;  // whoever has scrolled it stays there
  drawing.setAttribute("aria-label", told);
  place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1;
  place.scrollLeft = group.getBBox().x / drawing.viewBox.baseVal.width * place.scrollWidth
    - place.clientWidth / 2;
}

function showInside(one) {
  const { blocks, of, operations } = one.flash;
  Object.assign(byId("blocks"), { max: of, value: blocks });
  const flash = byId("flash").dataset;
  byId("flash").textContent = `${blocks} ${flash.blocks.replace("{of}", of)}, ${operations} ${flash.operations}`;
  byId("steps").textContent = one.steps;
  const heap = byId("heap").dataset;
  byId("heap").textContent = one.heap === null ? heap.none
    : `${one.heap.bytes} ${heap.alive.replace("{of}", one.heap.of)}`;
  byId("alive").hidden = one.heap === null;
  if (one.heap) Object.assign(byId("alive"), { max: one.heap.of, value: one.heap.bytes });
  const mac = byId("mac").dataset;
  const told = [`${mac.name}: ${one.mac.algorithm}`,
    one.mac.key === null ? mac.none : `${mac.key} ${one.mac.key}`, `${one.mac.valid} ${mac.valid}`];
  if (one.mac.invalid) told.push(`${one.mac.invalid} ${mac.invalid}`);
  byId("mac").textContent = told.join(" · ");
  byId("mac").classList.toggle("bad", one.mac.invalid > 0);
}

function showAcquirer(one) {
  const books = byId("books");
  books.textContent = one.balanced ? books.dataset.good : books.dataset.bad;
  books.classList.toggle("bad", !one.balanced);
  rows(byId("txns"), one.txns, ["kind", "terminal", "stan", "order", "amount", "state", "code"]);
  const arranged = byId("arranged"), happened = byId("happened");
  const { good, any } = arranged.dataset;
  list(arranged, one.arranged.map(({ kind, mti, times, percent, code }) => [kind,
    [mti === "any" ? any : mti, code, percent < 100 && `${percent}%`,
      times === null ? good : `×${times}`].filter(Boolean).join(" ")]));
  one.arranged.forEach((fault, at) => takeBack(arranged.children[at + 1], fault, arranged.dataset.back));
  list(happened, Object.entries(one.faults));
  byId("balances").textContent = one.merchants.map(
    ({ name, balance }) => `${name} ${balance}`).join(" · ");
  rows(byId("orders"), one.orders, ["order", "product", "amount", "back"]);
}

function list(whole, things) {
  const named = namesOf(whole);
  fill(whole, things.length ? [["li", whole.dataset.name],
    ...things.map(([kind, more]) => ["li", `${named(kind)} ${more}`])] : []);
}

function takeBack(row, fault, name) {
  const button = Object.assign(document.createElement("button"),
    { type: "button", textContent: name, ariaLabel: `${name}: ${row.textContent}` });
  button.addEventListener("click", () => send({ do: fault.take_back }));
  row.append(button);
}

// What an element's own words make of the server's.
function namesOf(element) {
  const words = JSON.parse(element.dataset.words ?? "{}");
  return (name) => words[name] ?? name;
}

function rows(body, things, columns) {
  const named = namesOf(body.parentElement);
  body.replaceChildren(...things.map((thing) => {
    const row = document.createElement("tr");
    for (const column of columns) {
      const cell = row.insertCell();
      const told = thing[column] ?? "";
      cell.textContent = column === "kind" || column === "state" ? named(told) : told;
      if (column === "amount" || column === "back") cell.className = "fen";
      if (column === "state") cell.className = `is-${thing.state.replace(" ", "-")}`;
    }
    return row;
  }));
}

// Whoever chose it by a key goes on there, to read it.
async function openFrame(number, item, byKey) {
  const answer = await fetch(`/tills/${till}/frames/${number}`);
  byId("frame").innerHTML = answer.ok ? await answer.text() : "";
  for (const one of byId("frames").querySelectorAll("[aria-current]")) {
    one.removeAttribute("aria-current");
  }
  item.setAttribute("aria-current", "true");
  if (byKey) byId("frame").focus();
}

connect();
