// The two layouts of a comparison, with the same markup as the server's.
const signs = { added: "+", removed: "−", same: "" };

function span(name, text, hidden) {
  const out = document.createElement("span");
  out.className = name;
  out.textContent = text ?? "";
  if (hidden) out.setAttribute("aria-hidden", "true");
  return out;
}

// line returns one line, with the line number of side, or both numbers if side is omitted.
export function line({ kind, old, now, content }, side) {
  const p = document.createElement("p");
  p.className = `line ${kind}`;
  p.append(span("line-no", side === "now" ? "" : old, true), span("line-no", side === "old" ? "" : now, true), span("line-sign", signs[kind], true));
  if (kind !== "same") p.append(span("vh", `${kind}: `));
  const text = span("line-text");
  text.dir = "auto";
  text.append(...content.map((node) => node.cloneNode?.(true) ?? node));
  p.append(text);
  return p;
}

function foldOf(part) {
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

export function unified(model) {
  return model.flatMap((part) => {
    if (isFold(part)) return [foldOf(part)];
    return (part.changed ? [...part.old, ...part.now] : part.old).map((one) => line(one));
  });
}

export function sides(model, { old, new: now, label }) {
  const table = document.createElement("table");
  table.className = "diff-sides";
  const caption = table.createCaption();
  caption.className = "vh";
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
      cell.append(foldOf(part));
      continue;
    }
    for (let i = 0; i < Math.max(part.old.length, part.now.length); i++) {
      const row = body.insertRow();
      const left = row.insertCell(), right = row.insertCell();
      if (part.old[i]) left.append(line(part.old[i], "old"));
      if (part.now[i]) right.append(line(part.now[i], "now"));
    }
  }
  return [table];
}
