// Says how much a search has found, to those who don't see it.
import { say } from "./say.js";

document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.elt.closest?.("[data-shown]");
  if (list) say(list.dataset.shown);
});
