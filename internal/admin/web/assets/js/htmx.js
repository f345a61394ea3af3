import htmx from "htmx.org/dist/htmx.esm.js";
import { csrf } from "./csrf.js";

// Requests that change something carry the session's token.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf();
});

// What is aborted, by newer input or because the page is left, is no error; htmx
// would write it into the console. It shows each event to the logger first.
htmx.logger = (element, event, detail) => {
  if (event === "htmx:afterRequest" || event === "htmx:sendAbort") delete detail.error;
};

export default htmx;
