// The two layouts of a comparison, with the same markup as the server's.
const signs = { added: "+", removed: "−", same: "" };

function span(name, text, hidden) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text ?? "";
  if (hidden) element.setAttribute("aria-hidden", "true");
  return element;
}

// renderLine returns one line, with the line number of side, or both numbers if side is omitted.
export function renderLine({ kind, old, now, content }, side) {
  const p = document.createElement("p");
  p.className = `line ${kind}`;
  p.append(span("line-no", side === "now" ? "" : old, true), span("line-no", side === "old" ? "" : now, true), span("line-sign", signs[kind], true));
  if (kind !== "same") p.append(span("visually-hidden", `${kind}: `));
  const text = span("line-text");
  text.dir = "auto";
  text.append(...content.map((node) => node.cloneNode?.(true) ?? node));
  p.append(text);
  return p;
}

function renderFold(part) {
  const details = document.createElement("details");
  details.className = "fold";
  details.dataset.oldLine = part.old;
  details.dataset.newLine = part.now;
  const n = part.text.split("\n").length;
  const summary = document.createElement("summary");
  summary.append(span("fold-show", "Show"), span("fold-hide", "Hide"), ` ${n} unchanged ${n === 1 ? "line" : "lines"}`);
  const text = document.createElement("pre");
  text.className = "fold-text";
  text.dir = "auto";
  text.textContent = part.text;
  details.append(summary, text);
  return details;
}

const isFold = (part) => part.text !== undefined;

export function renderUnified(model) {
  return model.flatMap((part) => {
    if (isFold(part)) return [renderFold(part)];
    return (part.changed ? [...part.old, ...part.now] : part.old).map((one) => renderLine(one));
  });
}

export function renderSplit(model, { old, new: now, label }) {
  const table = document.createElement("table");
  table.className = "diff-sides";
  const caption = table.createCaption();
  caption.className = "visually-hidden";
  caption.textContent = label;
  const head = table.createTHead().insertRow();
  for (const name of [old, now]) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = name;
    head.append(th);
  }
  const body = table.createTBody();
  for (const part of model) {
    if (isFold(part)) {
      const cell = body.insertRow().insertCell();
      cell.colSpan = 2;
      cell.append(renderFold(part));
      continue;
    }
    for (let i = 0; i < Math.max(part.old.length, part.now.length); i++) {
      const row = body.insertRow();
      const left = row.insertCell(), right = row.insertCell();
      if (part.old[i]) left.append(renderLine(part.old[i], "old"));
      if (part.now[i]) right.append(renderLine(part.now[i], "now"));
    }
  }
  return [table];
}
