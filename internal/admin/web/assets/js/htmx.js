import htmx from "htmx.org/dist/htmx.esm.js";
import { csrf } from "./csrf.js";

// Requests that change something carry the session's token.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf();
});

export default htmx;
