// Announces the number of search results to screen readers.
import { say } from "./say.js";

document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.elt.closest?.("[data-shown]");
  if (list) say(list.dataset.shown);
});
