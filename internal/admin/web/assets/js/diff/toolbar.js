// The bar above a comparison: the layout, navigation through the changes, and copying of either
// side.
import { say } from "../say.js";

function button(words, what, more = {}) {
  const out = document.createElement("button");
  out.type = "button";
  out.className = "btn small";
  out.textContent = words;
  for (const [name, value] of Object.entries(more)) out.setAttribute(name, value);
  out.addEventListener("click", what);
  return out;
}

export function toolbar(diff) {
  const element = document.createElement("div");
  element.className = "diff-bar";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `${diff.dataset.label}: ways through it`);

  const layouts = document.createElement("div");
  layouts.className = "seg";
  layouts.setAttribute("role", "group");
  layouts.setAttribute("aria-label", "Layout");
  const choices = { unified: button("Unified", () => diff.choose("unified")), split: button("Side by side", () => diff.choose("split")) };
  for (const one of Object.values(choices)) { one.className = ""; layouts.append(one); }

  const ways = document.createElement("div");
  ways.className = "diff-ways";
  const place = document.createElement("span");
  place.className = "diff-place small soft";
  const back = button("↑", () => diff.go(-1), { "aria-label": "Previous change", title: "Previous change (k)", "aria-keyshortcuts": "k" });
  const on = button("↓", () => diff.go(1), { "aria-label": "Next change", title: "Next change (j)", "aria-keyshortcuts": "j" });
  ways.append(back, on, place);

  const copies = document.createElement("div");
  copies.className = "diff-copies";
  for (const side of ["old", "now"]) {
    const name = side === "old" ? diff.dataset.old : diff.dataset.new;
    if (name) copies.append(button(`Copy ${name[0].toLowerCase()}${name.slice(1)}`, (event) => copy(event.currentTarget, diff.text(side))));
  }
  element.append(layouts, ways, copies);

  return {
    element,
    layout(wide, layout) {
      layouts.hidden = !wide;
      for (const [name, one] of Object.entries(choices)) one.setAttribute("aria-pressed", String(name === layout));
    },
    count(at, all) {
      back.hidden = on.hidden = all < 2;
      const some = all === 1 ? "1 change" : `${all} changes`;
      place.textContent = at < 0 ? some : `${at + 1} of ${some}`;
    },
  };
}

async function copy(button, text) {
  const words = button.dataset.words ??= button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    // Without a secure connection there is no clipboard API. Show the text for copying by hand.
    const box = document.createElement("textarea");
    box.className = "input mono diff-copy";
    box.readOnly = true;
    box.value = text;
    box.setAttribute("aria-label", "Text to copy");
    box.addEventListener("blur", () => box.remove());
    button.closest(".diff-bar").after(box);
    box.select();
    say("Selected: press Ctrl and C to copy");
  }
  setTimeout(() => { button.textContent = words; }, 2500);
}
