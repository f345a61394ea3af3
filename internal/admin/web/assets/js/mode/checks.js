// While the user types, the server checks the form by the same rules as when it saves.
import { editor, form, bar } from "./page.js";
import { announce } from "../announce.js";
import { Backoff, isTemporary } from "../backoff.js";

const isInForm = (target) => target.closest?.("#mode-form") || target.form?.id === "mode-form";
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
  if (!isInForm(event.target) || !isField(event.target)) return;
  check();
});

document.addEventListener("change", (event) => {
  if (!isInForm(event.target) || !isField(event.target)) return;
  touch(event.target);
  check();
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("#mode-form [name]:not([type=checkbox])") && event.target.value !== event.target.defaultValue) touch(event.target);
});

// markInvalid marks each field as invalid if there is an error under it.
function markInvalid() {
  for (const messages of document.querySelectorAll("#mode-form .field-messages")) {
    const field = document.getElementById(messages.id.replace(/-messages$/, ""));
    if (!field || !field.matches("input, textarea, select")) continue;
    if (messages.querySelector(".bad")) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
  }
}

// Open details beside the form stay open, and the selected editor stays selected: the response
// may be to a request from before the selection. In that case, another response follows.
let openDetails = [];
let previewEditor;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "side") return;
  openDetails = [...event.detail.target.querySelectorAll("details[open]")].map((d) => d.id);
  previewEditor = form().elements.seen_by?.value;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "side") return;
  for (const id of openDetails) { const details = document.getElementById(id); if (details) details.open = true; }
  const choices = form().elements.seen_by;
  if (choices && previewEditor) choices.value = previewEditor;
});
// announceProblems announces the number of problems to screen readers when it changes.
let lastAnnounced = "";
function announceProblems() {
  const problems = bar()?.querySelector(".bad")?.textContent ?? "";
  if (problems !== lastAnnounced) announce(problems || "No problems");
  lastAnnounced = problems;
}
document.addEventListener("htmx:afterSettle", () => { if (editor()) { markInvalid(); announceProblems(); } });

// A built-in mode can be overridden once something differs from it. Input enables the button at
// once; the check that follows disables it if nothing differs after all.
function enableSave(changed) {
  const button = document.getElementById("save");
  const reason = button?.dataset.needsChanges;
  if (!reason) return;
  if (changed) { button.removeAttribute("aria-disabled"); button.removeAttribute("data-disabled-reason"); return; }
  button.setAttribute("aria-disabled", "true");
  button.dataset.disabledReason = reason;
}
const hasChanges = () => bar()?.dataset.changes !== "0";
document.addEventListener("input", (event) => { if (isInForm(event.target)) enableSave(true); });
document.addEventListener("htmx:afterSettle", () => { if (editor()) enableSave(hasChanges()); });
if (editor()) enableSave(hasChanges());

// showUnchecked shows in the bar why the form isn't checked, and that no input is lost. If retry is
// set, because the same request may succeed later, it checks again after a pause.
const failures = new Backoff(2000, 60_000);
let retryTimer;
function showUnchecked(reason, retry) {
  const note = document.getElementById("bar-note");
  if (note) note.textContent = `${reason}; what you typed is still here`;
  bar()?.removeAttribute("data-changes");
  if (retry) retryTimer = setTimeout(check, failures.next());
}
document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.id === "mode-form") clearTimeout(retryTimer); });

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
  showUnchecked(xhr.status === 401 ? "you are signed out: saving asks you to sign in" : "not checked right now", isTemporary(xhr));
});
document.addEventListener("htmx:sendError", (event) => { if (event.target.id === "mode-form") showUnchecked("no connection", true); });
