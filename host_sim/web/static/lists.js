// Lists that grow: packets and printed lines are only ever added at their end.
const MOST = 500;

function trim(list) {
  while (list.children.length > MOST) list.firstElementChild.remove();
}

export function fill(list, things, none) {
  list.replaceChildren(...(things.length ? things : [["li", none, "hint"]]).map(
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

export function addFrames(list, { from, frames }, open) {
  if (!frames.length) return;
  list.querySelector(".hint")?.remove();
  const down = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  frames.forEach((frame, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = `frame ${frame.way}`;
    for (const [name, text] of [["at", frame.at.slice(6)],
      ["way", frame.way === "out" ? "→" : "←"], ["mti", frame.mti], ["title", frame.title],
      ["words", frame.words]]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      button.append(part, " ");
    }
    button.querySelector(".way").title = list.dataset[frame.way];
    button.addEventListener("click", () => open(from + index, item));
    item.append(button);
    list.append(item);
  });
  trim(list);
  if (down) list.scrollTop = list.scrollHeight;
}
