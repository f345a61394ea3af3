// Every page of an organization follows its events and shows the connection state in the sidebar.
// Pages with parts that can be refreshed reload them (refresh.js). When the connection is lost, a
// notice above the parts shows since when.
//
//	connecting ──> live       the stream of events is open
//	           ──> polling    the server refuses the stream (poll.js); it is retried after
//	                          some minutes, and when the tab becomes visible
//	live, polling ──> offline the server can't be reached, or refuses polling too; the
//	                          method in use is retried until it succeeds
import { Backoff } from "./backoff.js";
import { catchUp, handleChange, createNotice, firstPart } from "./refresh.js";
import { maxPause, poll } from "./poll.js";
import { announce } from "./announce.js";

const org = location.pathname.match(/^\/orgs\/[^/]+/)?.[0];
const connection = document.getElementById("connection");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const reopenTimeout = 3000; // milliseconds that a stream may take to reopen after it ended
const refusedBackoff = new Backoff(240_000, 600_000); // pauses before a refused stream is retried
let source, lastContact = new Date(), offlineNotice, reopenTimer, retryTimer, stopPolling;

// revision is the latest revision of the library that the server has announced.
export let revision = 0;

// openStream opens the stream of events. A hidden page holds none, because browsers limit the
// connections to a server.
function openStream() {
  clearTimeout(retryTimer);
  if (source || document.hidden) return;
  source = new EventSource(`${org}/events`);
  source.addEventListener("open", handleOpen);
  source.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    revision = Math.max(revision, state.revision);
    handleOpen();
    handleChange(state.revision);
  });
  source.addEventListener("error", handleError);
}

function handleOpen() {
  refusedBackoff.reset();
  stopPolling?.();
  stopPolling = undefined;
  showConnected("live", "Live");
}

// handleError handles the end of a stream. Streams end now and then, and the browser reopens them
// immediately. The connection counts as lost only if that fails or takes long. If the response
// is not a stream, for example because too many are open, EventSource closes permanently and
// doesn't report the reason. The response to a poll does.
function handleError(event) {
  if (event.target !== source) return; // closeStream has closed it
  if (source.readyState !== EventSource.CLOSED) {
    if (stopPolling) return; // polling determines the state
    if (reopenTimer) showDisconnected();
    else { setConnectionState("opening", "Connecting"); reopenTimer = setTimeout(showDisconnected, reopenTimeout); }
    return;
  }
  source = undefined;
  clearTimeout(reopenTimer);
  reopenTimer = undefined;
  retryTimer = setTimeout(openStream, refusedBackoff.next());
  stopPolling ??= poll(org.slice("/orgs/".length), handlePoll, showDisconnected);
}

function handlePoll(state) {
  const wasOffline = offlineNotice;
  revision = Math.max(revision, state.revision);
  showConnected("polling", `Live, up to ${maxPause / 1000} s late`);
  if (state.changed) handleChange(state.revision);
  if (wasOffline) openStream(); // the stream may be accepted again, too
}

function closeStream() {
  source?.close();
  source = undefined;
  stopPolling?.();
  stopPolling = undefined;
  clearTimeout(retryTimer);
  clearTimeout(reopenTimer);
  reopenTimer = undefined;
}

// setConnectionState shows the connection state in the sidebar.
function setConnectionState(state, label) {
  connection.hidden = false;
  if (connection.dataset.connection === state) return;
  connection.dataset.connection = state;
  connection.querySelector("[data-connection-label]").textContent = label;
}

function showConnected(state, label) {
  lastContact = new Date();
  clearTimeout(reopenTimer);
  reopenTimer = undefined;
  setConnectionState(state, label);
  if (!offlineNotice) return;
  if (!firstPart()) announce("Connected again");
  offlineNotice.remove();
  offlineNotice = undefined;
  document.documentElement.classList.remove("is-offline");
  catchUp();
}

function showDisconnected() {
  if (offlineNotice) return;
  const since = `Not connected, as of ${clock.format(lastContact)}`;
  setConnectionState("offline", since);
  document.documentElement.classList.add("is-offline");
  offlineNotice = createNotice("offline-notice", `${since}. The content below may be out of date. Retrying automatically.`);
  const dot = document.createElement("span");
  dot.className = "dot";
  offlineNotice.prepend(dot);
  if (firstPart()) firstPart().before(offlineNotice); else announce(since);
}

if (org && connection) {
  setConnectionState("opening", "Connecting");
  openStream();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) closeStream();
    else { openStream(); catchUp(); }
  });
  // A page that the user leaves closes its connection. The browser may restore it from its cache.
  addEventListener("pagehide", closeStream);
  addEventListener("pageshow", (event) => { if (event.persisted) openStream(); });
}
