// All pages of an organization follow its events, and say in the rail whether they
// do. Those that show how far the library is load that again (fresh.js); where the
// stream is cut they say so above it, and since when.
import { changed, note, showParts, shows } from "./fresh.js";
import { say } from "./say.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const connection = document.getElementById("connection");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const patience = 3000; // how long a stream that ended may take to be there again
let source, heard = new Date(), cut, ended, again;

// revision is that of the library, as far as it was heard of.
export let revision = 0;

// A browser has few connections for a server: a page that nobody sees holds none.
function follow() {
  if (source || document.hidden) return;
  source = new EventSource(`${org}/events`);
  source.addEventListener("open", connected);
  source.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    revision = Math.max(revision, state.revision);
    connected();
    changed(state.revision);
  });
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
  heard = new Date();
  clearTimeout(ended);
  ended = undefined;
  stands("live", "Live");
  if (!cut) return;
  if (!shows()) say("Connected again");
  cut.remove();
  cut = undefined;
  document.documentElement.classList.remove("is-cut");
  showParts();
}

function disconnected() {
  if (cut) return;
  const since = `Not connected, as of ${clock.format(heard)}`;
  stands("cut", since);
  document.documentElement.classList.add("is-cut");
  cut = note("cut-off", `${since}. What is below may be older than what is saved; it is tried again by itself.`);
  const dot = document.createElement("span");
  dot.className = "dot";
  cut.prepend(dot);
  if (shows()) shows().before(cut); else say(since);
}

if (org && connection) {
  stands("opening", "Connecting");
  follow();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else { follow(); showParts(); }
  });
  // A page that is left, perhaps into the browser's cache of pages, lets go.
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
}
