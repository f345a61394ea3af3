import htmx from "htmx.org/dist/htmx.esm.js";
import { csrf } from "./csrf.js";

// Requests that change something carry the session's CSRF token.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf();
});

// A request aborted by newer input or by leaving the page is not an error, but htmx would log it
// to the console. htmx passes each event to the logger first, so the error is removed here.
htmx.logger = (element, event, detail) => {
  if (event === "htmx:afterRequest" || event === "htmx:sendAbort") delete detail.error;
};

export default htmx;
