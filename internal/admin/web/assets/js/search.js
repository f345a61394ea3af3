// Announces the number of search results to screen readers.
import { announce } from "./announce.js";

document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.elt.closest?.("[data-result-summary]");
  if (list) announce(list.dataset.resultSummary);
});
