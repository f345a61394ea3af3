// What is written is kept in this browser until it is saved: through reloads,
// signing out and conflicts. A draft is kept under who wrote it, so nobody else
// who uses this browser is shown it.
import { editor, form, bar, fields, written } from "./page.js";

const user = document.body.dataset.user;
const prefix = `orgmodes.draft/${user}/`;
const key = () => prefix + editor().dataset.draft;

function read(name = key()) {
  try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
}
function keep(more = {}) {
  const draft = { at: Date.now(), fields: fields(), ...more };
  try { localStorage.setItem(key(), JSON.stringify(draft)); } catch { noteFull(); }
}
const drop = () => localStorage.removeItem(key());

function noteFull() {
  const note = document.getElementById("bar-note");
  if (note) note.textContent = "too long to be kept in this browser: save before you leave";
}

let served, typed = false, leaving = false;

function begin() {
  if (!editor() || editor().hasAttribute("data-read-only")) return;
  served = written();
  typed = false;
}

const differs = () => typed ? written() !== served || unsaved() : unsaved();
const unsaved = () => !["0", undefined].includes(bar()?.dataset.changes);

if (editor() && user) {
  // What was on its way when the page was left has been saved: the page says so.
  if (editor().hasAttribute("data-said")) {
    for (const name of Object.keys(localStorage)) if (name.startsWith(prefix) && read(name)?.sent) localStorage.removeItem(name);
  }
  begin();
  const draft = read();
  if (draft && !editor().hasAttribute("data-read-only")) {
    if (JSON.stringify(draft.fields.filter(isWritten)) === JSON.stringify(fields().filter(isWritten))) {
      if (unsaved()) keep(); else drop();
    } else if (unsaved()) {
      keep(); // the page is what the draft has become
    } else {
      offer(draft);
    }
  } else if (unsaved()) keep();
}

function isWritten([name]) { return !["seen", "do", "from", "beside"].includes(name); }

let waiting;
document.addEventListener("input", (event) => {
  if (!form() || !(form().contains(event.target) && event.target.name) || editor().hasAttribute("data-read-only")) return;
  typed = true;
  document.querySelector(".kept")?.remove();
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (!leaving) keep(); }, 200);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!editor()) return;
  if (event.target.id === "editor" || event.detail.target?.id === "editor") begin();
  else if (typed && bar()?.dataset.changes === "0" && written() === served) { typed = false; drop(); }
});

addEventListener("beforeunload", (event) => {
  if (leaving || !editor()) return;
  if (differs()) { clearTimeout(waiting); if (typed) keep(); event.preventDefault(); }
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "mode-form" || event.defaultPrevented) return;
  clearTimeout(waiting);
  leaving = true;
  keep({ sent: ["save", "mine"].includes(event.submitter?.value) });
});
// A page that comes back from the browser's memory is being written again.
addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-discard]")) return;
  clearTimeout(waiting);
  leaving = true;
  drop();
});

function button(text, what, primary) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = primary ? "btn small primary" : "btn small";
  b.textContent = text;
  b.addEventListener("click", what);
  return b;
}

// Says that there is a draft, and lets its author decide.
function offer(draft) {
  const box = document.createElement("div");
  box.className = "kept";
  box.setAttribute("role", "status");
  const text = document.createElement("p");
  const at = new Date(draft.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  text.textContent = `This browser has kept what you wrote here and did not save, from ${at}.`;
  box.append(text, button("Go on with it", () => resume(draft), true), button("Discard it", () => { drop(); box.remove(); document.getElementById("main").focus(); }));
  document.getElementById("kept-draft").append(box);
}

// The server shows it, in whichever view it was.
function resume(draft) {
  const send = document.createElement("form");
  send.method = "post";
  send.action = editor().dataset.path;
  send.hidden = true;
  const view = draft.fields.find(([name]) => name === "view")?.[1] ?? "form";
  const session = [...new FormData(form())].filter(([name]) => name.startsWith("_"));
  for (const [name, value] of [...session, ...draft.fields.filter(([name]) => name !== "do"), ["do", view]]) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    send.append(field);
  }
  document.body.append(send);
  leaving = true;
  send.submit();
}
