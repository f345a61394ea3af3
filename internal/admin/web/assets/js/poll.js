// Polls the state of the publication, for pages whose stream of events the server refuses.
import { Backoff } from "./backoff.js";

// longest is the longest pause between polls, in milliseconds.
export const longest = 30_000;

// earliest is when the server accepts the next poll, also after polling was stopped and
// restarted.
let earliest = 0;

// poll calls received with each answer, {revision, changed}, and failed after each
// attempt without one. It returns a function that stops polling.
export function poll(org, received, failed) {
  const backoff = new Backoff(2000, longest);
  const stopped = new AbortController();
  let timer, last;
  const ask = async () => {
    let answer;
    try {
      answer = await fetch(`/api/v1/organizations/${org}/publication`, { headers: { Accept: "application/json" }, signal: stopped.signal });
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      const now = JSON.stringify([state.revision, state.published_revision, state.published_at, state.pending_since !== null]);
      const changed = now !== last;
      last = now;
      if (changed) backoff.reset();
      received({ revision: state.revision, changed });
    } catch {
      if (!stopped.signal.aborted) failed();
    }
    const pause = backoff.next(answer);
    if (answer && !answer.ok) earliest = Date.now() + pause;
    // received may have stopped polling.
    if (!stopped.signal.aborted) timer = setTimeout(ask, pause);
  };
  timer = setTimeout(ask, Math.max(earliest - Date.now(), 0));
  return function stop() {
    clearTimeout(timer);
    stopped.abort();
  };
}
