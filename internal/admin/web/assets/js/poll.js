// Polls the state of the publication, for pages whose stream of events the server refuses.
import { Backoff } from "./backoff.js";

// maxPause is the longest pause between polls, in milliseconds.
export const maxPause = 30_000;

// notBefore is when the server accepts the next poll, also after polling was stopped and
// restarted.
let notBefore = 0;

// poll calls received with each response, {revision, changed}, and failed after each
// attempt without one. It returns a function that stops polling.
export function poll(org, received, failed) {
  const backoff = new Backoff(2000, maxPause);
  const stopped = new AbortController();
  let timer, last;
  const request = async () => {
    let response;
    try {
      response = await fetch(`/api/v1/organizations/${org}/publication`, { headers: { Accept: "application/json" }, signal: stopped.signal });
      if (!response.ok) throw new Error(response.status);
      const state = await response.json();
      const now = JSON.stringify([state.revision, state.published_revision, state.published_at, state.pending_since !== null]);
      const changed = now !== last;
      last = now;
      if (changed) backoff.reset();
      received({ revision: state.revision, changed });
    } catch {
      if (!stopped.signal.aborted) failed();
    }
    const pause = backoff.next(response);
    if (response && !response.ok) notBefore = Date.now() + pause;
    // received may have stopped polling.
    if (!stopped.signal.aborted) timer = setTimeout(request, pause);
  };
  timer = setTimeout(request, Math.max(notBefore - Date.now(), 0));
  return function stop() {
    clearTimeout(timer);
    stopped.abort();
  };
}
