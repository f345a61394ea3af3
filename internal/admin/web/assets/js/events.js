// All pages of an organization follow its events, and say in the rail whether they
// do. Those that show how far the library is (#live, #list, [data-fresh]) load that
// again; where the stream is cut they say so above it, and since when.
import htmx from "./htmx.js";
import { say } from "./say.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const connection = document.getElementById("connection");
const shows = () => document.querySelector("#live, [data-fresh], #list[data-seen]");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const patience = 3000; // how long a stream that ended may take to be there again
let source, heard = new Date(), cut, ended, again, waiting;

// revision is that of the library, as far as it was heard of.
export let revision = 0;

// busy is whether somebody is at something that a new list would take away.
const busy = () => document.querySelector("[aria-busy=true], [data-rows] .dragged, details.menu[open], dialog[open], #list input:checked, [data-fresh] details[open]") !== null;

// A browser has few connections for a server: a page that nobody sees holds none.
function follow() {
  if (source || document.hidden) return;
  source = new EventSource(`${org}/events`);
  source.addEventListener("open", () => { heard = new Date(); connected(); });
  source.addEventListener("state", (event) => { heard = new Date(); connected(); fresh(JSON.parse(event.data)); });
  // Streams end now and then, and the browser opens another at once: only when that
  // fails or takes long is the page cut off. After an answer that is no stream it
  // doesn't try again by itself: whoever is signed out sees that, too.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      disconnected();
      leave();
      again = setTimeout(follow, 10_000);
    } else if (ended) disconnected();
    else { stands("opening", "Connecting"); ended = setTimeout(disconnected, patience); }
  });
}

function leave() {
  source?.close();
  source = undefined;
  clearTimeout(again);
  clearTimeout(ended);
  ended = undefined;
}

// stands says in the rail how it does.
function stands(state, words) {
  connection.hidden = false;
  if (connection.dataset.connection === state) return;
  connection.dataset.connection = state;
  connection.querySelector("[data-words]").textContent = words;
}

function connected() {
  clearTimeout(ended);
  ended = undefined;
  if (cut && !shows()) say("Connected again");
  cut?.remove();
  cut = undefined;
  stands("live", "Live");
  document.documentElement.classList.remove("is-cut");
}

function disconnected() {
  if (cut) return;
  const since = `Not connected, as of ${clock.format(heard)}`;
  stands("cut", since);
  cut = document.createElement("p");
  cut.className = "cut-off";
  document.documentElement.classList.add("is-cut");
  cut.setAttribute("role", "status");
  const dot = document.createElement("span");
  dot.className = "dot";
  const words = document.createElement("span");
  words.textContent = `${since}. What is below may be older than what is saved; it is tried again by itself.`;
  cut.append(dot, words);
  if (shows()) shows().before(cut); else say(since);
}

// fresh loads the parts of this page that show another state than the one now.
function fresh(state) {
  revision = Math.max(revision, state.revision);
  clearTimeout(waiting);
  if (busy()) { waiting = setTimeout(fresh, 1000, state); return; }
  const list = document.querySelector("#list[data-seen]");
  const parts = [...document.querySelectorAll("[data-fresh]")].map((part) => `#${part.id}`);
  if (list && Number(list.dataset.seen) !== state.revision) parts.push("#list");
  if (document.getElementById("live")) parts.push("#live");
  if (parts.length) reload(parts);
  else if ([...counts()].some((count) => Number(count.dataset.seen) < revision)) reload([], `${org}/rail`);
}

const counts = (page = document) => page.querySelectorAll("[data-counted]");
let loading = false, more = false;

async function reload(parts, from = location.href) {
  if (loading) { more = true; return; }
  loading = true;
  try {
    const answer = await fetch(from, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const now of counts(page)) {
      for (const old of counts()) if (old.dataset.counted === now.dataset.counted) old.replaceWith(document.importNode(now, true));
    }
    for (const part of parts) {
      const now = page.querySelector(part), old = document.querySelector(part);
      if (!now || !old || now.outerHTML === old.outerHTML) continue;
      const focus = old.contains(document.activeElement) && document.activeElement.id;
      old.replaceWith(document.adoptNode(now));
      htmx.process(now);
      document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: now } }));
      document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: now } }));
      if (focus) document.getElementById(focus)?.focus();
    }
  } catch {
    // The stream says whether we are connected.
  } finally {
    loading = false;
    if (more) { more = false; reload(parts, from); }
  }
}

if (org && connection) {
  stands("opening", "Connecting");
  follow();
  // Work that is under way ends without a change of the library.
  setInterval(() => {
    const parts = [...document.querySelectorAll("[data-unfinished]")].map((part) => `#${part.id}`);
    if (parts.length && !cut && !busy()) reload(parts);
  }, 2000);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  // A page that is left, perhaps into the browser's cache of pages, lets go.
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
}
