// The palette: Ctrl-K, or ⌘K on a Mac, goes to any page, mode or action. The entries are loaded
// from the server when it is first opened, and again if the library has changed since. Their
// texts are inserted as text, never as HTML.
import { ask, beside } from "./dialogs.js";
import { revision } from "./events.js";
import { mac } from "./platform.js";
import { prepared, rank } from "./rank.js";

const opener = document.querySelector("[data-palette]");
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-field");
const list = document.getElementById("palette-list");
const says = document.getElementById("palette-says");
const most = 50; // results shown at once; the user narrows them by typing more

let places, asOf = -1, found = [], at = -1;

function open() {
  field.value = "";
  dialog.showModal();
  show();
  if (!places || asOf < revision) load();
}

async function load() {
  try {
    const answer = await fetch(opener.dataset.palette, { headers: { Accept: "text/html", "HX-Request": "true" } });
    if (answer.headers.has("HX-Redirect")) { location.assign(answer.headers.get("HX-Redirect")); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    asOf = Number(page.getElementById("places").dataset.revision);
    places = [...page.querySelectorAll("[data-place]")].map(placeOf);
    show();
  } catch {
    if (!places) says.textContent = "The list couldn’t be loaded: the server doesn’t answer. Close this and open it again to retry.";
  }
}

function placeOf(element) {
  const { place, verb = "", slug = "", words = "", why = "" } = element.dataset;
  return prepared({
    kind: verb ? "Action" : place, verb, slug, words, why, href: element.getAttribute("href"), asks: "ask" in element.dataset,
    name: element.querySelector("bdi").textContent, mark: element.closest("li").querySelector(".place-mark"),
  });
}

function show() {
  found = places ? rank(places, field.value) : [];
  list.replaceChildren(...found.slice(0, most).map(option));
  list.hidden = found.length === 0;
  list.scrollTop = 0;
  field.setAttribute("aria-expanded", String(found.length > 0));
  activate(found.length ? 0 : -1);
  says.textContent = !places ? "Loading what there is"
    : found.length === 0 ? `Nothing matches “${field.value.trim()}”. Names, slugs and what can be done are searched.`
    : found.length > most ? `${found.length} found, the first ${most} are shown`
    : found.length === 1 ? "1 found" : `${found.length} found`;
}

function option(place, index) {
  const row = element("li", "palette-place");
  row.id = `palette-${index}`;
  row.setAttribute("role", "option");
  row.dataset.index = index;
  const what = element("span", "palette-what"), name = element("span", "palette-name");
  if (place.verb) name.append(`${place.verb} `);
  name.append(element("bdi", "", place.name));
  if (place.slug) name.append(" ", element("code", "soft", place.slug));
  what.append(name);
  if (place.why) {
    row.setAttribute("aria-disabled", "true");
    what.append(element("span", "small soft", place.why));
  }
  row.append(document.importNode(place.mark, true), what, element("span", "small soft", place.kind));
  return row;
}

function element(tag, className, text = "") {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.textContent = text;
  return e;
}

function activate(index) {
  list.children[at]?.setAttribute("aria-selected", "false");
  at = index;
  const row = list.children[at];
  if (row) {
    row.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", row.id);
  } else field.removeAttribute("aria-activedescendant");
  return row;
}

function choose(place) {
  if (!place) return;
  if (place.why) { says.textContent = `Not possible: ${place.why}`; return; }
  dialog.close();
  if (place.asks) ask(new URL(place.href, location.href).href); else location.assign(place.href);
}

if (opener && dialog) {
  opener.addEventListener("click", open);
  // Capture the key before other handlers, because text editors use Ctrl-K too. On a Mac, the
  // palette uses ⌘K and leaves Ctrl-K to them.
  addEventListener("keydown", (event) => {
    const held = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!held || event.altKey || event.shiftKey || event.isComposing || event.key.toLowerCase() !== "k") return;
    const other = document.querySelector("dialog[open]:not(#palette)");
    event.preventDefault();
    event.stopPropagation();
    if (dialog.open) dialog.close(); else if (!other) open();
  }, true);
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const shown = list.children.length;
    const to = { ArrowDown: (at + 1) % shown, ArrowUp: (at - 1 + shown) % shown, PageDown: Math.min(at + 8, shown - 1), PageUp: Math.max(at - 8, 0) }[event.key];
    if (to !== undefined && shown) { event.preventDefault(); activate(to)?.scrollIntoView({ block: "nearest" }); }
    if (event.key === "Enter") { event.preventDefault(); choose(found[at]); }
  });
  list.addEventListener("pointermove", (event) => {
    const row = event.target.closest("[role=option]");
    if (row && Number(row.dataset.index) !== at) activate(Number(row.dataset.index));
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) choose(found[Number(row.dataset.index)]);
  });
  dialog.addEventListener("click", (event) => { if (beside(dialog, event)) dialog.close(); });
}
