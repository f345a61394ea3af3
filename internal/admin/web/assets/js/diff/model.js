// The model of a comparison, read from either layout: parts from top to bottom, each with its
// lines on both sides.
import { renderLine } from "./layouts.js";

class Fold {
  constructor(details) {
    this.text = details.querySelector(".fold-text").textContent;
    this.old = Number(details.dataset.oldLine);
    this.now = Number(details.dataset.newLine);
  }

  // matches reports whether an element shows this fold.
  matches(details) { return Number(details.dataset.newLine) === this.now && Number(details.dataset.oldLine) === this.old; }
  texts() { return [this.text]; }

  lines(sideBySide) {
    const box = document.createElement("div");
    box.className = sideBySide ? "fold-sides" : "fold-lines";
    this.text.split("\n").forEach((text, i) => {
      const one = { kind: "same", old: this.old + i, now: this.now + i, content: [text] };
      if (!sideBySide) { box.append(renderLine(one)); return; }
      const newLine = renderLine(one, "now");
      newLine.setAttribute("aria-hidden", "true");
      box.append(renderLine(one, "old"), newLine);
    });
    return box;
  }
}

// Lines holds lines that are the same on both sides, or a change: removed and added lines.
class Lines {
  constructor(changed) { this.changed = changed; this.old = []; this.now = []; }
  matches() { return false; }
  texts(side) { return this[side].map((one) => one.content.map((node) => node.textContent ?? node).join("")); }
}

function readLine(p) {
  const [old, now] = [...p.querySelectorAll(".line-no")].map((no) => no.textContent);
  const kind = ["added", "removed"].find((name) => p.classList.contains(name)) ?? "same";
  return { kind, old, now, content: [...p.querySelector(".line-text").childNodes] };
}

export function readModel(box) {
  const parts = [];
  const partFor = (changed) => {
    const last = parts.at(-1);
    if (last instanceof Lines && last.changed === changed) return last;
    parts.push(new Lines(changed));
    return parts.at(-1);
  };
  const add = (p) => {
    const one = readLine(p);
    const part = partFor(one.kind !== "same");
    if (one.kind !== "added") part.old.push(one);
    if (one.kind !== "removed") part.now.push(one);
  };
  for (const row of box.querySelectorAll(":scope > .line, :scope > .fold, tbody > tr")) {
    const fold = row.matches(".fold") ? row : row.querySelector(".fold");
    if (fold) { parts.push(new Fold(fold)); continue; }
    if (row.matches(".line")) { add(row); continue; }
    const found = row.querySelectorAll(".line");
    // An unchanged line appears on both sides, but is one line.
    if (found[0].matches(".same")) add(found[0]); else found.forEach(add);
  }
  return parts;
}
