// Keeps parts of a page up to date. There are two kinds of parts:
//
//	[data-part]   has a dedicated URL and nothing to interact with, such as the publication
//	              line; it is reloaded on every event
//	[data-fresh], #list[data-seen]
//	              waits while the user interacts with it, and then announces that there is
//	              something newer; the attribute may hold another URL
//
// Typed text, selections and the focus are preserved. A part that can't be loaded is retried
// later, because its event arrives only once.
import { Backoff, isTemporary } from "./backoff.js";
import htmx from "./htmx.js";
import { say } from "./say.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
// Pauses before an unsettled publication line or a postponed part is tried again, in milliseconds.
const unsettled = 700, patience = 1000;
const isCut = () => document.documentElement.classList.contains("is-cut");

// shows returns the first part of this page, if any.
export const shows = () => document.querySelector("[data-part], [data-fresh], #list[data-seen]");

// changed is called when the library reaches a revision, or when its publication changes.
export function changed(revision) {
  known = revision;
  showParts();
  for (const part of document.querySelectorAll("[data-fresh], #list[data-seen]")) {
    // A part with the current revision is up to date. One without a revision shows the publication.
    if (Number(part.dataset.seen) !== revision) due.add(`#${part.id}`);
  }
  showStale();
}

let known = 0;

function showStale() {
  if (due.size) showDue();
  else if ([...counts()].some((count) => Number(count.dataset.seen) < known)) show([], `${org}/rail`);
}

let asking, stale = false;

// showParts reloads the parts with a dedicated URL. It repeats while the publication line isn't
// settled.
export async function showParts() {
  if (asking) { stale = true; return; }
  asking = true;
  stale = false;
  for (const part of document.querySelectorAll("[data-part]")) await show([`#${part.id}`], part.dataset.part);
  asking = false;
  if (stale) { showParts(); return; }
  settle();
}

let polling;

export function settle() {
  clearTimeout(polling);
  if (!isCut() && !retrying && !document.hidden && document.querySelector("#live:not([data-state=live])")) polling = setTimeout(showParts, unsettled);
}

// due holds the selectors of the parts of this page that are out of date.
const due = new Set();
let waiting, waited = 0, newer;

// busy reports whether the user is interacting with something that a new part would remove.
const busy = () => document.querySelector("[aria-busy=true], [data-rows] .dragged, details.menu[open], dialog[open], #list input:checked, [data-fresh] details[open], [data-fresh] select:focus") !== null;

function showDue() {
  clearTimeout(waiting);
  if (!busy()) { showNow(false); return; }
  if (waited++ > 0) tell();
  waiting = setTimeout(showDue, patience);
}

// later postpones a part that came into use while its replacement was being loaded.
function later(name) {
  due.add(name);
  clearTimeout(waiting);
  waiting = setTimeout(showDue, patience);
}

function tell() {
  const first = document.querySelector([...due][0]);
  if (newer?.isConnected || !first) return;
  newer = note("note-line newer", "There is something newer. It shows here once you are done with this.");
  const now = document.createElement("button");
  now.type = "button";
  now.className = "btn small";
  now.textContent = "Show it now";
  now.addEventListener("click", () => showNow(true));
  newer.append(now);
  first.before(newer);
}

// note returns a line that is also announced to screen readers.
export function note(style, text) {
  const line = document.createElement("p");
  line.className = style;
  line.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text;
  line.append(words);
  return line;
}

// showNow loads the due parts. If asked is set, it replaces them even during an interaction.
async function showNow(asked) {
  clearTimeout(waiting);
  newer?.remove();
  waited = 0;
  const byAddress = new Map();
  for (const name of due) {
    const address = document.querySelector(name)?.dataset.fresh || location.href;
    byAddress.set(address, [...byAddress.get(address) ?? [], name]);
  }
  due.clear();
  for (const [address, names] of byAddress) {
    if (!await show(names, address, asked)) names.forEach((name) => due.add(name));
  }
}

// failures computes the pauses before a failed load is retried; retrying is the timer.
const failures = new Backoff(2000, 60_000);
let retrying;

// catchUp loads the parts with a dedicated URL, and the parts that are due because loading
// failed. Pages call it when they become visible or reconnect.
export function catchUp() {
  clearTimeout(retrying);
  retrying = undefined;
  showParts();
  showStale();
}

const counts = (page = document) => page.querySelectorAll("[data-counted]");

// show loads a URL and replaces the named parts of this page, and the counts in the rail, with
// the response. A part that the user began to use during the load is postponed, unless asked is
// set. It returns false if loading failed and will be retried.
async function show(names, address, asked = false) {
  let text;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html", "X-Requested-With": "events" } });
    if (isTemporary(answer)) {
      retryLater(answer);
      return false;
    }
    failures.reset();
    if (!answer.ok || answer.redirected) return true;
    text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const now of counts(page)) {
      for (const old of counts()) if (old.dataset.counted === now.dataset.counted) old.replaceWith(document.importNode(now, true));
    }
    for (const name of names) {
      const now = page.querySelector(name), old = document.querySelector(name);
      if (!now || !old || now.outerHTML === old.outerHTML) continue;
      if (!asked && !old.dataset.part && busy()) { later(name); continue; }
      put(old, document.adoptNode(now));
    }
    return true;
  } catch {
    if (text !== undefined) return true; // it was loaded, but can't be shown
    retryLater(); // the stream determines the connection state
    return false;
  }
}

function retryLater(answer) {
  retrying ??= setTimeout(() => { if (document.hidden || isCut()) retrying = undefined; else catchUp(); }, failures.next(answer));
}

function put(old, now) {
  const focus = old.contains(document.activeElement) ? document.activeElement : undefined;
  const again = focus && [...now.querySelectorAll(focus.tagName)].find((one) => calls(one) === calls(focus));
  carry(old, now);
  old.replaceWith(now);
  htmx.process(now);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: now } }));
  // Scripts need not initialize parts with a dedicated URL.
  if (!now.dataset.part) document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: now } }));
  again?.focus({ preventScroll: true });
  if (now.id === "live" && now.dataset.state !== old.dataset.state) say(now.querySelector("b").textContent);
  if (now.id === "newer" && now.textContent && now.textContent !== old.textContent) {
    say(now.textContent);
    // The note is in the bottom bar, which must never cover the focused element.
    if (document.activeElement !== document.body) document.activeElement.scrollIntoView({ block: "nearest" });
  }
}

// calls returns what identifies an element to users. Its URL may have changed.
function calls(element) {
  return element.id || [element.name, element.value, element.textContent, element.getAttribute("aria-label")].join(" ");
}

// carry copies the user's selections from the old part to the new one.
function carry(old, now) {
  for (const field of old.querySelectorAll("select[name]")) {
    const begun = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    if (field.value === begun?.value) continue;
    const same = now.querySelector(`select[name="${CSS.escape(field.name)}"]`);
    if ([...same?.options ?? []].some((option) => option.value === field.value)) same.value = field.value;
  }
  for (const field of old.querySelectorAll("input[type=checkbox]:checked")) {
    const same = now.querySelector(`input[name="${CSS.escape(field.name)}"][value="${CSS.escape(field.value)}"]`);
    if (same) same.checked = true;
  }
}

if (org) {
  settle();
  // Work in progress ends without a change of the library, so it is polled.
  setInterval(() => {
    const parts = [...document.querySelectorAll("[data-unfinished]")].map((part) => `#${part.id}`);
    if (parts.length && !isCut() && !retrying && !document.hidden && !busy()) show(parts, location.href);
  }, 2000);
}
