// Keeps parts of a page up to date. There are two kinds of parts:
//
//	[data-poll]   has a dedicated URL and nothing to interact with, such as the publication
//	              line; it is reloaded on every event
//	[data-refresh], #list[data-revision]
//	              waits while the user interacts with it, and then announces that there is
//	              something newer; the attribute may hold another URL
//
// Typed text, selections and the focus are preserved. A part that can't be loaded is retried
// later, because its event arrives only once.
import { Backoff, isTemporary } from "./backoff.js";
import htmx from "./htmx.js";
import { announce } from "./announce.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
// Pauses before an unsettled publication line or a postponed part is tried again, in milliseconds.
const settleInterval = 700, busyInterval = 1000;
const isOffline = () => document.documentElement.classList.contains("is-offline");

// firstPart returns the first part of this page, if any.
export const firstPart = () => document.querySelector("[data-poll], [data-refresh], #list[data-revision]");

// handleChange is called when the library reaches a revision, or when its publication changes.
export function handleChange(revision) {
  latestRevision = revision;
  pollParts();
  for (const part of document.querySelectorAll("[data-refresh], #list[data-revision]")) {
    // A part with the current revision is up to date. One without a revision shows the publication.
    if (Number(part.dataset.revision) !== revision) staleParts.add(`#${part.id}`);
  }
  refreshStale();
}

let latestRevision = 0;

function refreshStale() {
  if (staleParts.size) refreshWhenIdle();
  else if ([...navCounts()].some((count) => Number(count.dataset.revision) < latestRevision)) loadParts([], `${org}/rail`);
}

let isPolling, pollAgain = false;

// pollParts reloads the parts with a dedicated URL. It repeats while the publication line isn't
// settled.
export async function pollParts() {
  if (isPolling) { pollAgain = true; return; }
  isPolling = true;
  pollAgain = false;
  for (const part of document.querySelectorAll("[data-poll]")) await loadParts([`#${part.id}`], part.dataset.poll);
  isPolling = false;
  if (pollAgain) { pollParts(); return; }
  pollUntilSettled();
}

let settleTimer;

export function pollUntilSettled() {
  clearTimeout(settleTimer);
  if (!isOffline() && !retryTimer && !document.hidden && document.querySelector("#publication-line:not([data-state=live])")) settleTimer = setTimeout(pollParts, settleInterval);
}

// staleParts holds the selectors of the parts of this page that are out of date.
const staleParts = new Set();
let busyTimer, busyChecks = 0, newerNotice;

// isBusy reports whether the user is interacting with something that a new part would remove.
const isBusy = () => document.querySelector("[aria-busy=true], [data-rows] .dragged, details.menu[open], dialog[open], #list input:checked, [data-refresh] details[open], [data-refresh] select:focus") !== null;

function refreshWhenIdle() {
  clearTimeout(busyTimer);
  if (!isBusy()) { refreshNow(false); return; }
  if (busyChecks++ > 0) offerRefresh();
  busyTimer = setTimeout(refreshWhenIdle, busyInterval);
}

// defer postpones a part that came into use while its replacement was being loaded.
function defer(selector) {
  staleParts.add(selector);
  clearTimeout(busyTimer);
  busyTimer = setTimeout(refreshWhenIdle, busyInterval);
}

function offerRefresh() {
  const first = document.querySelector([...staleParts][0]);
  if (newerNotice?.isConnected || !first) return;
  newerNotice = createNotice("note-line newer", "There is something newer. It shows here once you are done with this.");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small";
  button.textContent = "Show it now";
  button.addEventListener("click", () => refreshNow(true));
  newerNotice.append(button);
  first.before(newerNotice);
}

// createNotice returns a line that is also announced to screen readers.
export function createNotice(style, text) {
  const line = document.createElement("p");
  line.className = style;
  line.setAttribute("role", "status");
  const span = document.createElement("span");
  span.textContent = text;
  line.append(span);
  return line;
}

// refreshNow loads the stale parts. If force is set, it replaces them even during an interaction.
async function refreshNow(force) {
  clearTimeout(busyTimer);
  newerNotice?.remove();
  busyChecks = 0;
  const selectorsByURL = new Map();
  for (const selector of staleParts) {
    const url = document.querySelector(selector)?.dataset.refresh || location.href;
    selectorsByURL.set(url, [...selectorsByURL.get(url) ?? [], selector]);
  }
  staleParts.clear();
  for (const [url, selectors] of selectorsByURL) {
    if (!await loadParts(selectors, url, force)) selectors.forEach((selector) => staleParts.add(selector));
  }
}

// failures computes the pauses before a failed load is retried; retryTimer is the timer.
const failures = new Backoff(2000, 60_000);
let retryTimer;

// catchUp loads the parts with a dedicated URL, and the parts that are stale because loading
// failed. Pages call it when they become visible or reconnect.
export function catchUp() {
  clearTimeout(retryTimer);
  retryTimer = undefined;
  pollParts();
  refreshStale();
}

const navCounts = (page = document) => page.querySelectorAll("[data-nav-count]");

// loadParts loads a URL and replaces the named parts of this page, and the counts in the
// sidebar, with the response. A part that the user began to use during the load is postponed,
// unless force is set. It returns false if loading failed and will be retried.
async function loadParts(selectors, url, force = false) {
  let text;
  try {
    const response = await fetch(url, { headers: { Accept: "text/html", "X-Requested-With": "events" } });
    if (isTemporary(response)) {
      retryLater(response);
      return false;
    }
    failures.reset();
    if (!response.ok || response.redirected) return true;
    text = await response.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const next of navCounts(page)) {
      for (const old of navCounts()) if (old.dataset.navCount === next.dataset.navCount) old.replaceWith(document.importNode(next, true));
    }
    for (const selector of selectors) {
      const next = page.querySelector(selector), old = document.querySelector(selector);
      if (!next || !old || next.outerHTML === old.outerHTML) continue;
      if (!force && !old.dataset.poll && isBusy()) { defer(selector); continue; }
      replacePart(old, document.adoptNode(next));
    }
    return true;
  } catch {
    if (text !== undefined) return true; // it was loaded, but can't be shown
    retryLater(); // the stream determines the connection state
    return false;
  }
}

function retryLater(response) {
  retryTimer ??= setTimeout(() => { if (document.hidden || isOffline()) retryTimer = undefined; else catchUp(); }, failures.next(response));
}

function replacePart(old, next) {
  const focus = old.contains(document.activeElement) ? document.activeElement : undefined;
  const refocus = focus && [...next.querySelectorAll(focus.tagName)].find((one) => identify(one) === identify(focus));
  preserveSelection(old, next);
  old.replaceWith(next);
  htmx.process(next);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: next } }));
  // Scripts need not initialize parts with a dedicated URL.
  if (!next.dataset.poll) document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: next } }));
  refocus?.focus({ preventScroll: true });
  if (next.id === "publication-line" && next.dataset.state !== old.dataset.state) announce(next.querySelector("b").textContent);
  if (next.id === "newer" && next.textContent && next.textContent !== old.textContent) {
    announce(next.textContent);
    // The note is in the bottom bar, which must never cover the focused element.
    if (document.activeElement !== document.body) document.activeElement.scrollIntoView({ block: "nearest" });
  }
}

// identify returns what identifies an element to users. Its URL may have changed.
function identify(element) {
  return element.id || [element.name, element.value, element.textContent, element.getAttribute("aria-label")].join(" ");
}

// preserveSelection copies the user's selections from the old part to the new one.
function preserveSelection(old, next) {
  for (const field of old.querySelectorAll("select[name]")) {
    const initial = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
    if (field.value === initial?.value) continue;
    const counterpart = next.querySelector(`select[name="${CSS.escape(field.name)}"]`);
    if ([...counterpart?.options ?? []].some((option) => option.value === field.value)) counterpart.value = field.value;
  }
  for (const field of old.querySelectorAll("input[type=checkbox]:checked")) {
    const counterpart = next.querySelector(`input[name="${CSS.escape(field.name)}"][value="${CSS.escape(field.value)}"]`);
    if (counterpart) counterpart.checked = true;
  }
}

if (org) {
  pollUntilSettled();
  // Work in progress ends without a change of the library, so it is polled.
  setInterval(() => {
    const parts = [...document.querySelectorAll("[data-in-progress]")].map((part) => `#${part.id}`);
    if (parts.length && !isOffline() && !retryTimer && !document.hidden && !isBusy()) loadParts(parts, location.href);
  }, 2000);
}
