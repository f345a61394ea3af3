// The palette: Ctrl-K, or ⌘K on a Mac, goes to any page, mode or action. The entries are loaded
// from the server when it is first opened, and again if the library has changed since. Their
// texts are inserted as text, never as HTML.
import { openConfirmDialog, isBackdropClick } from "./dialogs.js";
import { revision } from "./events.js";
import { mac } from "./platform.js";
import { prepareItem, fuzzySearch } from "./fuzzy.js";

const opener = document.querySelector("[data-palette]");
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-field");
const list = document.getElementById("palette-list");
const status = document.getElementById("palette-status");
const maxResults = 50; // results shown at once; the user narrows them by typing more

let items, loadedRevision = -1, matches = [], activeIndex = -1;

function open() {
  field.value = "";
  dialog.showModal();
  show();
  if (!items || loadedRevision < revision) load();
}

async function load() {
  try {
    const response = await fetch(opener.dataset.palette, { headers: { Accept: "text/html", "HX-Request": "true" } });
    if (response.headers.has("HX-Redirect")) { location.assign(response.headers.get("HX-Redirect")); return; }
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    loadedRevision = Number(page.getElementById("palette-items").dataset.revision);
    items = [...page.querySelectorAll("[data-palette-item]")].map(readItem);
    show();
  } catch {
    if (!items) status.textContent = "The list couldn’t be loaded: the server doesn’t answer. Close this and open it again to retry.";
  }
}

function readItem(element) {
  const { paletteItem: kind, verb = "", slug = "", keywords = "", disabledReason: reason = "" } = element.dataset;
  return prepareItem({
    kind: verb ? "Action" : kind, verb, slug, keywords, reason, href: element.getAttribute("href"), opensDialog: "confirmDialog" in element.dataset,
    name: element.querySelector("bdi").textContent, icon: element.closest("li").querySelector(".palette-item-icon"),
  });
}

function show() {
  matches = items ? fuzzySearch(items, field.value) : [];
  list.replaceChildren(...matches.slice(0, maxResults).map(option));
  list.hidden = matches.length === 0;
  list.scrollTop = 0;
  field.setAttribute("aria-expanded", String(matches.length > 0));
  activate(matches.length ? 0 : -1);
  status.textContent = !items ? "Loading what there is"
    : matches.length === 0 ? `Nothing matches “${field.value.trim()}”. Names, slugs and what can be done are searched.`
    : matches.length > maxResults ? `${matches.length} found, the first ${maxResults} are shown`
    : matches.length === 1 ? "1 found" : `${matches.length} found`;
}

function option(item, index) {
  const row = element("li", "palette-option");
  row.id = `palette-${index}`;
  row.setAttribute("role", "option");
  row.dataset.index = index;
  const text = element("span", "palette-text"), name = element("span", "palette-name");
  if (item.verb) name.append(`${item.verb} `);
  name.append(element("bdi", "", item.name));
  if (item.slug) name.append(" ", element("code", "muted", item.slug));
  text.append(name);
  if (item.reason) {
    row.setAttribute("aria-disabled", "true");
    text.append(element("span", "small muted", item.reason));
  }
  row.append(document.importNode(item.icon, true), text, element("span", "small muted", item.kind));
  return row;
}

function element(tag, className, text = "") {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.textContent = text;
  return e;
}

function activate(index) {
  list.children[activeIndex]?.setAttribute("aria-selected", "false");
  activeIndex = index;
  const row = list.children[activeIndex];
  if (row) {
    row.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", row.id);
  } else field.removeAttribute("aria-activedescendant");
  return row;
}

function choose(item) {
  if (!item) return;
  if (item.reason) { status.textContent = `Not possible: ${item.reason}`; return; }
  dialog.close();
  if (item.opensDialog) openConfirmDialog(new URL(item.href, location.href).href); else location.assign(item.href);
}

if (opener && dialog) {
  opener.addEventListener("click", open);
  // Capture the key before other handlers, because text editors use Ctrl-K too. On a Mac, the
  // palette uses ⌘K and leaves Ctrl-K to them.
  addEventListener("keydown", (event) => {
    const isShortcut = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!isShortcut || event.altKey || event.shiftKey || event.isComposing || event.key.toLowerCase() !== "k") return;
    const other = document.querySelector("dialog[open]:not(#palette)");
    event.preventDefault();
    event.stopPropagation();
    if (dialog.open) dialog.close(); else if (!other) open();
  }, true);
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const shown = list.children.length;
    const target = { ArrowDown: (activeIndex + 1) % shown, ArrowUp: (activeIndex - 1 + shown) % shown, PageDown: Math.min(activeIndex + 8, shown - 1), PageUp: Math.max(activeIndex - 8, 0) }[event.key];
    if (target !== undefined && shown) { event.preventDefault(); activate(target)?.scrollIntoView({ block: "nearest" }); }
    if (event.key === "Enter") { event.preventDefault(); choose(matches[activeIndex]); }
  });
  list.addEventListener("pointermove", (event) => {
    const row = event.target.closest("[role=option]");
    if (row && Number(row.dataset.index) !== activeIndex) activate(Number(row.dataset.index));
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) choose(matches[Number(row.dataset.index)]);
  });
  dialog.addEventListener("click", (event) => { if (isBackdropClick(dialog, event)) dialog.close(); });
}
