// While the user types, the server checks the form by the same rules as when it saves.
import { editor, form, bar } from "./page.js";
import { say } from "../say.js";
import { Backoff, isTemporary } from "../backoff.js";

const ours = (target) => target.closest?.("#mode-form") || target.form?.id === "mode-form";
const isField = (target) => target.name && !target.name.startsWith("_");

// touch records that the user has edited a field. Errors are shown only in such fields.
function touch(target) {
  const touched = form().elements.touched;
  const all = touched.value.split(",").filter(Boolean);
  if (all.includes("*") || all.includes(target.name)) return;
  touched.value = [...all, target.name].join(",");
}

const check = () => form().dispatchEvent(new CustomEvent("check"));

document.addEventListener("input", (event) => {
  if (!ours(event.target) || !isField(event.target)) return;
  check();
});

document.addEventListener("change", (event) => {
  if (!ours(event.target) || !isField(event.target)) return;
  touch(event.target);
  check();
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("#mode-form [name]:not([type=checkbox])") && event.target.value !== event.target.defaultValue) touch(event.target);
});

// mark marks each field as invalid if there is an error under it.
function mark() {
  for (const says of document.querySelectorAll("#mode-form .says")) {
    const field = document.getElementById(says.id.replace(/-says$/, ""));
    if (!field || !field.matches("input, textarea, select")) continue;
    if (says.querySelector(".bad")) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
  }
}

// Open details beside the form stay open, and the selected editor stays selected: the response
// may be to a request from before the selection. In that case, another response follows.
let open = [];
let seenBy;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "side") return;
  open = [...event.detail.target.querySelectorAll("details[open]")].map((d) => d.id);
  seenBy = form().elements.seen_by?.value;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "side") return;
  for (const id of open) { const details = document.getElementById(id); if (details) details.open = true; }
  const choices = form().elements.seen_by;
  if (choices && seenBy) choices.value = seenBy;
});
// tell announces the number of problems to screen readers when it changes.
let heard = "";
function tell() {
  const wrong = bar()?.querySelector(".bad")?.textContent ?? "";
  if (wrong !== heard) say(wrong || "No problems");
  heard = wrong;
}
document.addEventListener("htmx:afterSettle", () => { if (editor()) { mark(); tell(); } });

// unchecked shows in the bar why the form isn't checked, and that no input is lost. If retry is
// set, because the same request may succeed later, it checks again after a pause.
const failures = new Backoff(2000, 60_000);
let again;
function unchecked(why, retry) {
  const note = document.getElementById("bar-note");
  if (note) note.textContent = `${why}; what you typed is still here`;
  bar()?.removeAttribute("data-changes");
  if (retry) again = setTimeout(check, failures.next());
}
document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.id === "mode-form") clearTimeout(again); });

// A check would replace the request for the other view (hx-sync), and the click would be lost.
// The other view arrives checked. If its request fails, the check follows.
const views = "#mode-form .views button";
document.addEventListener("htmx:confirm", (event) => {
  if (event.target.id === "mode-form" && document.querySelector(`${views}.htmx-request`)) event.preventDefault();
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.(views) && !event.detail.successful) check();
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.target.id !== "mode-form") return;
  const { xhr } = event.detail;
  if (xhr.status < 400) { failures.reset(); return; }
  event.preventDefault();
  unchecked(xhr.status === 401 ? "you are signed out: saving asks you to sign in" : "not checked right now", isTemporary(xhr));
});
document.addEventListener("htmx:sendError", (event) => { if (event.target.id === "mode-form") unchecked("no connection", true); });
