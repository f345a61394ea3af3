// Every page of an organization follows its events and shows the connection state in the rail.
// Pages with parts that can be refreshed reload them (fresh.js). When the connection is lost, a
// notice above the parts shows since when.
//
//	connecting ──> live     the stream of events is open
//	           ──> polling  the server refuses the stream (poll.js); it is retried after
//	                        some minutes, and when the tab becomes visible
//	live, polling ──> cut   the server can't be reached, or refuses polling too; the
//	                        method in use is retried until it succeeds
import { Backoff } from "./backoff.js";
import { catchUp, changed, note, shows } from "./fresh.js";
import { longest, poll } from "./poll.js";
import { say } from "./say.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const connection = document.getElementById("connection");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const patience = 3000; // milliseconds that a stream may take to reopen after it ended
const refusals = new Backoff(240_000, 600_000); // pauses before a refused stream is retried
let source, heard = new Date(), cut, ended, again, stopPolling;

// revision is the latest revision of the library that the server has announced.
export let revision = 0;

// follow opens the stream of events. A hidden page holds none, because browsers limit the
// connections to a server.
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

// failed handles the end of a stream. Streams end now and then, and the browser reopens them
// immediately. The connection counts as lost only if that fails or takes long. If the response
// is not a stream, for example because too many are open, EventSource closes permanently and
// doesn't report the reason. The response to a poll does.
function failed(event) {
  if (event.target !== source) return; // leave has closed it
  if (source.readyState !== EventSource.CLOSED) {
    if (stopPolling) return; // polling determines the state
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
  if (wasCut) follow(); // the stream may be accepted again, too
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

// stands shows the connection state in the rail.
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
  cut = note("cut-off", `${since}. The content below may be out of date. Retrying automatically.`);
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
  // A page that the user leaves closes its connection. The browser may restore it from its cache.
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
}
