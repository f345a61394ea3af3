// The bar above a comparison: the layout, navigation through the changes, and copying of either
// side.
import { announce } from "../announce.js";

function button(label, onClick, attributes = {}) {
  const out = document.createElement("button");
  out.type = "button";
  out.className = "btn small";
  out.textContent = label;
  for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
  out.addEventListener("click", onClick);
  return out;
}

export function toolbar(diff) {
  const element = document.createElement("div");
  element.className = "diff-bar";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `${diff.dataset.label}: ways through it`);

  const layouts = document.createElement("div");
  layouts.className = "segmented";
  layouts.setAttribute("role", "group");
  layouts.setAttribute("aria-label", "Layout");
  const choices = { unified: button("Unified", () => diff.setLayout("unified")), split: button("Side by side", () => diff.setLayout("split")) };
  for (const one of Object.values(choices)) { one.className = ""; layouts.append(one); }

  const navigation = document.createElement("div");
  navigation.className = "diff-navigation";
  const position = document.createElement("span");
  position.className = "diff-position small muted";
  const previous = button("↑", () => diff.moveBy(-1), { "aria-label": "Previous change", title: "Previous change (k)", "aria-keyshortcuts": "k" });
  const next = button("↓", () => diff.moveBy(1), { "aria-label": "Next change", title: "Next change (j)", "aria-keyshortcuts": "j" });
  navigation.append(previous, next, position);

  const copies = document.createElement("div");
  copies.className = "diff-copies";
  for (const side of ["old", "now"]) {
    const name = side === "old" ? diff.dataset.old : diff.dataset.new;
    if (name) copies.append(button(`Copy ${name[0].toLowerCase()}${name.slice(1)}`, (event) => copy(event.currentTarget, diff.text(side))));
  }
  element.append(layouts, navigation, copies);

  return {
    element,
    layout(wide, layout) {
      layouts.hidden = !wide;
      for (const [name, one] of Object.entries(choices)) one.setAttribute("aria-pressed", String(name === layout));
    },
    count(index, all) {
      previous.hidden = next.hidden = all < 2;
      const total = all === 1 ? "1 change" : `${all} changes`;
      position.textContent = index < 0 ? total : `${index + 1} of ${total}`;
    },
  };
}

async function copy(button, text) {
  const label = button.dataset.label ??= button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    announce("Copied");
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
    announce("Selected: press Ctrl and C to copy");
  }
  setTimeout(() => { button.textContent = label; }, 2500);
}
