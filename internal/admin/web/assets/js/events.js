// All pages of an organization follow its events, and say in the rail whether they
// do. Those that show how far the library is load that again (fresh.js); where they
// are cut off they say so above it, and since when.
//
//	connecting ──> live     the stream of events is open
//	           ──> polling  the server refuses it (poll.js); it is tried again after
//	                        some minutes, and when the tab becomes visible
//	live, polling ──> cut   the server can't be reached, or refuses polling too;
//	                        what was in use is tried again until it succeeds
import { Backoff } from "./backoff.js";
import { catchUp, changed, note, shows } from "./fresh.js";
import { longest, poll } from "./poll.js";
import { say } from "./say.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const connection = document.getElementById("connection");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const patience = 3000; // how long a stream that ended may take to be there again
const refusals = new Backoff(240_000, 600_000); // pauses before a refused stream is tried again
let source, heard = new Date(), cut, ended, again, stopPolling;

// revision is that of the library, as far as it was heard of.
export let revision = 0;

// A browser has few connections for a server: a page that nobody sees holds none.
function follow() {
  clearTimeout(again);
  if (source || document.hidden) return;
  source = new EventSource(`${org}/events`);
  source.addEventListener("open", opened);
  source.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    revision = Math.max(revision, state.revision);
    opened();
    changed(state.revision);
  });
  source.addEventListener("error", failed);
}

function opened() {
  refusals.reset();
  stopPolling?.();
  stopPolling = undefined;
  connected("live", "Live");
}

// Streams end now and then, and the browser opens another at once: only when that
// fails or takes long is the page cut off. After an answer that is no stream, such as
// that there are too many, EventSource is closed for good and doesn't tell why; an
// answer to polling does.
function failed(event) {
  if (event.target !== source) return; // it was left
  if (source.readyState !== EventSource.CLOSED) {
    if (stopPolling) return; // polling knows better
    if (ended) disconnected();
    else { stands("opening", "Connecting"); ended = setTimeout(disconnected, patience); }
    return;
  }
  source = undefined;
  clearTimeout(ended);
  ended = undefined;
  again = setTimeout(follow, refusals.next());
  stopPolling ??= poll(org.slice("/orgs/".length), polled, disconnected);
}

function polled(state) {
  const wasCut = cut;
  revision = Math.max(revision, state.revision);
  connected("polling", `Live, up to ${longest / 1000} s late`);
  if (state.changed) changed(state.revision);
  if (wasCut) follow(); // what refused the stream may be over, too
}

function leave() {
  source?.close();
  source = undefined;
  stopPolling?.();
  stopPolling = undefined;
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

function connected(state, words) {
  heard = new Date();
  clearTimeout(ended);
  ended = undefined;
  stands(state, words);
  if (!cut) return;
  if (!shows()) say("Connected again");
  cut.remove();
  cut = undefined;
  document.documentElement.classList.remove("is-cut");
  catchUp();
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
    else { follow(); catchUp(); }
  });
  // A page that is left, perhaps into the browser's cache of pages, lets go.
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
}
