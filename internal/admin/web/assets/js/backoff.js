// Backoff computes the pauses between attempts. Each is twice as long as the one before, up to
// a limit. A random part is subtracted, so that the pages of many users spread out.
export class Backoff {
  #shortest; #longest; #pause;

  // The limits are in milliseconds.
  constructor(shortest, longest) {
    this.#shortest = this.#pause = shortest;
    this.#longest = longest;
  }

  // next returns the pause before the next attempt, in milliseconds. If the response has
  // Retry-After, the pause is at least that long.
  next(response) {
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, this.#longest);
    return Math.min(retryAfter(response) + pause, 2 ** 31 - 1); // longer timers fire immediately
  }

  reset() { this.#pause = this.#shortest; }
}

// isTemporary reports whether the request may succeed if it is repeated unchanged.
export const isTemporary = (response) => response.status === 429 || response.status >= 500;

// retryAfter returns the pause that Retry-After requests, in milliseconds, or 0 if there is none
// (RFC 9110, section 10.2.3: seconds or a date).
function retryAfter(response) {
  const value = response?.headers.get("Retry-After") ?? "";
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms > 0 ? ms : 0;
}
