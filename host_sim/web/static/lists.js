// Lists that grow: packets and printed lines are only ever added at their end.
const MOST = 500;

function trim(list) {
  while (list.children.length > MOST) list.firstElementChild.remove();
}

export function fill(list, things, none) {
  const empty = none ? [["li", none, "hint"]] : [];
  list.replaceChildren(...(things.length ? things : empty).map(
    ([tag, text, name]) => {
      const one = document.createElement(tag);
      one.textContent = text;
      if (name) one.className = name;
      return one;
    }));
}

export function addLines(paper, { lines }) {
  if (!lines.length) return;
  paper.querySelector(".hint")?.remove();
  for (const line of lines) {
    if (line === null) {
      paper.append(Object.assign(document.createElement("hr"), { className: "cut" }));
      continue;
    }
    const picture = new Image();
    picture.src = `data:image/png;base64,${line.png}`;
    picture.alt = line.text;
    paper.append(picture);
  }
  trim(paper);
  paper.scrollTop = paper.scrollHeight;
}

// "STAN 000004, 520.00 yuan, code 00" in the page's language.
function told(text, words) {
  return text.replace(/\b(yuan|code)\b/g, (word) => words[word] ?? word);
}

export function addFrames(list, { from, frames }, open) {
  if (!frames.length) return;
  list.querySelector(".hint")?.remove();
  const words = JSON.parse(list.dataset.words);
  const down = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  frames.forEach((frame, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;     // the list is one stop, the arrows go on within it
    button.className = `frame ${frame.way} ${frame.name}`;
    const marks = [frame.again && words.again, frame.lost && words.lost].filter(Boolean);
    const mac = frame.mac && `MAC ${words[`mac_${frame.mac}`]}`;
    for (const [name, text] of [["at", frame.at.slice(6)],
      ["way", frame.way === "out" ? "→" : "←"], ["mti", frame.mti],
      ["title", words[frame.title] ?? frame.title], ["words", told(frame.words, words)],
      [`mac ${frame.mac}`, mac], ["mark", marks.join(", ")]]) {
      if (!text) continue;
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      button.append(part, " ");
    }
    button.querySelector(".way").title = words[frame.way];
    button.addEventListener("click", (event) => open(from + index, item, event.detail === 0));
    item.append(button);
    list.append(item);
  });
  trim(list);
  if (down) list.scrollTop = list.scrollHeight;
}

// The next or last packet by the arrows, from the list itself that which is open or the newest.
export function walk(event) {
  const items = [...event.currentTarget.querySelectorAll("button")];
  const open = event.currentTarget.querySelector("[aria-current] button");
  const at = items.indexOf(document.activeElement === event.currentTarget
    ? open : document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0,
    End: items.length - 1 }[event.key];
  if (next === undefined || !items.length) return;
  event.preventDefault();
  items[Math.max(0, Math.min(next, items.length - 1))].focus();
}

export function addSlips(list, { slips }, till) {
  list.replaceChildren(...slips.map((number) => Object.assign(document.createElement("a"),
    { href: `/tills/${till}/slips/${number}`, textContent: `${list.dataset.name} ${number + 1}`,
      target: "_blank" })));
}
