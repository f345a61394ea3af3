// Pages that show how far the library is (#live, #list, [data-fresh]) follow the
// organization's events. Where the stream is cut they say so, and since when.
import htmx from "./htmx.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const follows = () => document.querySelector("#live, [data-fresh]");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
let source, heard = new Date(), cut, waiting;

// busy is whether somebody is at something that a new list would take away.
const busy = () => document.querySelector("[aria-busy=true], [data-rows] .dragged, details.menu[open], dialog[open], #list input:checked, [data-fresh] details[open]") !== null;

function follow() {
  source = new EventSource(`${org}/events`);
  source.addEventListener("open", () => { heard = new Date(); connected(); });
  source.addEventListener("state", (event) => { heard = new Date(); connected(); fresh(JSON.parse(event.data)); });
  // The browser tries again by itself, but not after an answer that is no stream:
  // whoever is signed out sees that, too.
  source.addEventListener("error", () => {
    disconnected();
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 10_000);
  });
}

function connected() { cut?.remove(); cut = undefined; document.documentElement.classList.remove("is-cut"); }

function disconnected() {
  if (cut) return;
  cut = document.createElement("p");
  cut.className = "cut-off";
  document.documentElement.classList.add("is-cut");
  cut.setAttribute("role", "status");
  const dot = document.createElement("span");
  dot.className = "dot";
  const words = document.createElement("span");
  words.textContent = `Not connected, as of ${clock.format(heard)}. What is below may be older than what is saved; it is tried again by itself.`;
  cut.append(dot, words);
  follows()?.before(cut);
}

// fresh loads the parts of this page that show another state than the one now.
function fresh(state) {
  clearTimeout(waiting);
  if (busy()) { waiting = setTimeout(fresh, 1000, state); return; }
  const list = document.querySelector("#list[data-seen]");
  const parts = [...document.querySelectorAll("[data-fresh]")].map((part) => `#${part.id}`);
  if (list && Number(list.dataset.seen) !== state.revision) parts.push("#list");
  if (document.getElementById("live")) parts.push("#live");
  if (parts.length) reload(parts);
}

let loading = false, again = false;

async function reload(parts) {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
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
    if (again) { again = false; reload(parts); }
  }
}

if (org && follows()) {
  follow();
  // Work that is under way ends without a change of the library.
  setInterval(() => {
    const parts = [...document.querySelectorAll("[data-unfinished]")].map((part) => `#${part.id}`);
    if (parts.length && !cut && !busy()) reload(parts);
  }, 2000);
  // A page that is left, perhaps into the browser's cache of pages, lets go.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
}
