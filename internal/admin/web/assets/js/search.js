// Announces the number of search results to screen readers, and reports a search that failed.
import { announce } from "./announce.js";

const notice = () => document.getElementById("search-failed");

document.addEventListener("htmx:afterSettle", (event) => {
  const list = event.detail.elt.closest?.("[data-result-summary]");
  if (!list) return;
  notice()?.remove();
  announce(list.dataset.resultSummary);
});

// The list below the field keeps the results of the search before.
function showNotSearched(form, reason) {
  notice()?.remove();
  const note = document.createElement("p");
  note.id = "search-failed";
  note.className = "note-line";
  note.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = `Not searched: ${reason}. The list is still that of the search before. `;
  const retry = document.createElement("button");
  retry.type = "button";
  retry.className = "btn small";
  retry.textContent = "Search again";
  retry.addEventListener("click", () => form.requestSubmit());
  note.append(text, retry);
  form.after(note);
}
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.matches?.("form.filters")) showNotSearched(event.target, "no connection");
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.target.matches?.("form.filters")) showNotSearched(event.target, "the server failed to answer");
});
