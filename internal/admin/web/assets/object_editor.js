// The page on which an object is written as a manifest. It works without this: what is
// added is the editor for YAML, the keyboard shortcut for saving, and the draft, which the
// server stores as the author types.
import "./js/save_key.js";
import { Backoff } from "./js/backoff.js";
import { csrf } from "./js/csrf.js";

const editor = document.getElementById("editor"), form = document.getElementById("object-form");
const area = document.getElementById("field-yaml"), note = document.getElementById("draft-note"), bar = document.getElementById("bar-note");
import(editor.dataset.yamlEditor);

// pause is how long somebody has to stop typing before the draft is stored.
const pause = 700, failures = new Backoff(2000, 60_000);
let kept = area.value, waiting, storing, left = false;
const differs = () => area.value !== kept;

area.addEventListener("input", () => {
  bar.textContent = "";
  later(pause);
});

function later(wait) {
  clearTimeout(waiting);
  waiting = setTimeout(store, wait);
}

function store() {
  if (!storing && !left && differs()) storing = send(area.value).finally(() => { storing = undefined; });
}

async function send(text) {
  try {
    const answer = await fetch(editor.dataset.draft, {
      method: "POST", headers: { "X-CSRF-Token": csrf(), "X-Requested-With": "fetch", Accept: "application/json" },
      body: new URLSearchParams({ yaml: text, seen: form.elements.seen.value, edition: form.elements.edition.value }),
    });
    if (answer.headers.has("HX-Redirect")) throw new Error("You are signed out; what you typed is only here");
    if (answer.status === 409) { taken(await answer.json()); return; }
    if (answer.status === 413) throw new Error((await answer.json().catch(() => ({ refused: "This is too long to save as a draft" }))).refused);
    if (!answer.ok) throw new Error("Your draft couldn’t be saved; trying again");
    stored((await answer.json()).edition, text);
    failures.reset();
  } catch (error) {
    bar.textContent = error instanceof TypeError ? "Not connected; your draft will be saved when you are" : error.message;
    later(failures.next());
    return;
  }
  if (differs()) later(pause);
}

function stored(edition, text) {
  kept = text;
  is(edition);
  note.replaceChildren();
  bar.textContent = "Draft saved";
  document.getElementById("discard-draft").hidden = false;
  if (editor.dataset.new) history.replaceState(history.state, "", editor.dataset.new);
}

function is(edition) {
  for (const holder of [form, document.getElementById("discard")]) holder.elements.edition.value = edition;
}

// taken offers a choice after another window saved a different draft.
function taken({ edition, refused }) {
  left = true;
  const line = document.createElement("p");
  line.className = "note-line";
  line.textContent = edition ? "Another window has changed this draft. What you typed here is only here. " : `${refused} `;
  const choice = (label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn small";
    button.textContent = label;
    button.addEventListener("click", act);
    line.append(button, " ");
  };
  choice("Keep what is here", () => { left = false; is(edition); note.replaceChildren(); store(); });
  if (edition) choice("Show the other one", () => { left = true; kept = area.value; location.assign(editor.dataset.new ?? location.pathname); });
  note.replaceChildren(line);
}

// Submitting ends the draft, so none may be saved after that.
let sent = false;
for (const one of document.querySelectorAll("form")) {
  one.addEventListener("submit", (event) => {
    sent = left = true;
    clearTimeout(waiting);
    if (!storing) return;
    event.preventDefault();
    const by = event.submitter;
    storing.then(() => one.requestSubmit(by));
  });
}
addEventListener("beforeunload", (event) => {
  if (!sent && !area.readOnly && differs()) event.preventDefault();
});
