// The draft of an editor. The server stores it while the author types, until it is saved or
// discarded. The author can continue it in any browser.
import { Backoff } from "./backoff.js";
import { csrf } from "./csrf.js";

// saveDelay is how long the author must stop typing before the draft is stored, in milliseconds.
const saveDelay = 700;

// autosaveDraft starts storing drafts. editor and form return the current elements, which may be
// replaced. fields returns the pairs of names and values to store.
export function autosaveDraft({ editor, form, fields }) {
  const failures = new Backoff(2000, 60_000);
  const element = (id) => document.getElementById(id);
  const serialize = () => new URLSearchParams(fields()).toString();
  const isReadOnly = () => !element("discard-draft");
  let saved = isReadOnly() ? "" : serialize(), edition = form().elements.edition?.value;
  let saveTimer, storing, paused = false, submitted = false;
  const isDirty = () => !isReadOnly() && serialize() !== saved;

  document.addEventListener("input", (event) => {
    if (!event.target.name || event.target.form !== form()) return;
    setStatus("");
    scheduleSave(saveDelay);
  });

  function scheduleSave(wait) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(store, wait);
  }

  function store() {
    if (!storing && !paused && !submitted && isDirty()) storing = send(serialize()).finally(() => { storing = undefined; });
  }

  async function send(text) {
    const body = new URLSearchParams(text);
    body.set("edition", edition);
    try {
      const response = await fetch(editor().dataset.draft, {
        method: "POST", headers: { "X-CSRF-Token": csrf(), "X-Requested-With": "fetch", Accept: "application/json" }, body,
      });
      if (response.headers.has("HX-Redirect")) throw new Error("You are signed out; what you typed is only here");
      if (response.status === 409) { handleConflict(await response.json()); return; }
      if (response.status === 413) throw new Error((await response.json().catch(() => ({ refused: "This is too long to save as a draft" }))).refused);
      if (!response.ok) throw new Error("Your draft couldn’t be saved; trying again");
      markStored((await response.json()).edition, text);
      failures.reset();
    } catch (error) {
      setStatus(error instanceof TypeError ? "Not connected; your draft will be saved when you are" : error.message);
      scheduleSave(failures.next());
      return;
    }
    if (isDirty()) scheduleSave(saveDelay);
  }

  function markStored(newEdition, text) {
    saved = text;
    setEdition(newEdition);
    element("draft-note").replaceChildren();
    setStatus(newEdition ? "Draft saved" : "");
    if (editor().dataset.new && newEdition) history.replaceState(history.state, "", editor().dataset.new);
  }

  // setEdition sets the stored edition in the page; 0 means that there is no draft.
  function setEdition(newEdition) {
    edition = String(newEdition);
    for (const holder of [form(), element("discard")]) holder.elements.edition.value = edition;
    element("discard-draft").hidden = edition === "0";
  }

  function setStatus(text) { element("draft-state").textContent = text; }

  // handleConflict offers a choice after another window has stored a different draft.
  function handleConflict({ edition: theirs, refused }) {
    paused = true;
    const line = document.createElement("p");
    line.className = "note-line";
    line.textContent = theirs ? "Another window has changed this draft. What you typed here is only here. " : `${refused} `;
    const addChoice = (label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn small";
      button.textContent = label;
      button.addEventListener("click", act);
      line.append(button, " ");
    };
    addChoice("Keep this version", () => { paused = false; setEdition(theirs); element("draft-note").replaceChildren(); store(); });
    if (theirs) addChoice("Show the other one", () => { submitted = true; location.assign(editor().dataset.new ?? location.pathname); });
    element("draft-note").replaceChildren(line);
  }

  // The editor's forms carry the stored edition; nothing is stored after they are submitted.
  // Before any other form is submitted, such as sign-out, the latest input is stored.
  const resubmitted = new WeakSet();
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (event.defaultPrevented || target.method !== "post") return;
    const isEditorForm = target === form() || target === element("discard");
    clearTimeout(saveTimer);
    if (!isEditorForm && !resubmitted.has(target)) store();
    submitted ||= isEditorForm;
    if (!storing) return;
    event.preventDefault();
    resubmitted.add(target);
    storing.then(() => target.requestSubmit(submitter));
  });
  // The user can edit a page that the browser restored from its cache.
  addEventListener("pageshow", (event) => { if (event.persisted) submitted = false; });
  addEventListener("beforeunload", (event) => {
    if (!submitted && isDirty()) event.preventDefault();
  });
  if (editor().hasAttribute("data-not-stored")) {
    saved = "";
    store();
  }

  // Another view of the same draft has different fields.
  let wasStored = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "editor") wasStored = !isDirty();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "editor" && event.detail.target?.id !== "editor" || isReadOnly()) return;
    setEdition(edition);
    if (wasStored) saved = serialize(); else scheduleSave(saveDelay);
  });
}
