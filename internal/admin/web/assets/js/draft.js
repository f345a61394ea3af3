// The draft of an editor. The server stores it while the author types, until it is saved or
// discarded. The author can continue it in any browser.
import { Backoff } from "./backoff.js";
import { csrf } from "./csrf.js";

// pause is how long the author must stop typing before the draft is stored, in milliseconds.
const pause = 700;

// keepDraft starts storing drafts. editor and form return the current elements, which may be
// replaced. fields returns the pairs of names and values to store.
export function keepDraft({ editor, form, fields }) {
  const failures = new Backoff(2000, 60_000);
  const element = (id) => document.getElementById(id);
  const written = () => new URLSearchParams(fields()).toString();
  const isReadOnly = () => !element("discard-draft");
  let kept = isReadOnly() ? "" : written(), edition = form().elements.edition?.value;
  let waiting, storing, paused = false, sent = false;
  const differs = () => !isReadOnly() && written() !== kept;

  document.addEventListener("input", (event) => {
    if (!event.target.name || event.target.form !== form()) return;
    say("");
    later(pause);
  });

  function later(wait) {
    clearTimeout(waiting);
    waiting = setTimeout(store, wait);
  }

  function store() {
    if (!storing && !paused && !sent && differs()) storing = send(written()).finally(() => { storing = undefined; });
  }

  async function send(text) {
    const body = new URLSearchParams(text);
    body.set("edition", edition);
    try {
      const answer = await fetch(editor().dataset.draft, {
        method: "POST", headers: { "X-CSRF-Token": csrf(), "X-Requested-With": "fetch", Accept: "application/json" }, body,
      });
      if (answer.headers.has("HX-Redirect")) throw new Error("You are signed out; what you typed is only here");
      if (answer.status === 409) { taken(await answer.json()); return; }
      if (answer.status === 413) throw new Error((await answer.json().catch(() => ({ refused: "This is too long to save as a draft" }))).refused);
      if (!answer.ok) throw new Error("Your draft couldn’t be saved; trying again");
      stored((await answer.json()).edition, text);
      failures.reset();
    } catch (error) {
      say(error instanceof TypeError ? "Not connected; your draft will be saved when you are" : error.message);
      later(failures.next());
      return;
    }
    if (differs()) later(pause);
  }

  function stored(now, text) {
    kept = text;
    is(now);
    element("draft-note").replaceChildren();
    say(now ? "Draft saved" : "");
    if (editor().dataset.new && now) history.replaceState(history.state, "", editor().dataset.new);
  }

  // is sets the stored edition in the page; 0 means that there is no draft.
  function is(now) {
    edition = String(now);
    for (const holder of [form(), element("discard")]) holder.elements.edition.value = edition;
    element("discard-draft").hidden = edition === "0";
  }

  function say(text) { element("draft-state").textContent = text; }

  // taken offers a choice after another window has stored a different draft.
  function taken({ edition: theirs, refused }) {
    paused = true;
    const line = document.createElement("p");
    line.className = "note-line";
    line.textContent = theirs ? "Another window has changed this draft. What you typed here is only here. " : `${refused} `;
    const choice = (label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn small";
      button.textContent = label;
      button.addEventListener("click", act);
      line.append(button, " ");
    };
    choice("Keep this version", () => { paused = false; is(theirs); element("draft-note").replaceChildren(); store(); });
    if (theirs) choice("Show the other one", () => { sent = true; location.assign(editor().dataset.new ?? location.pathname); });
    element("draft-note").replaceChildren(line);
  }

  // The editor's forms carry the stored edition; nothing is stored after they are submitted.
  // Before any other form is submitted, such as sign-out, the latest input is stored.
  const passed = new WeakSet();
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (event.defaultPrevented || target.method !== "post") return;
    const isOurs = target === form() || target === element("discard");
    clearTimeout(waiting);
    if (!isOurs && !passed.has(target)) store();
    sent ||= isOurs;
    if (!storing) return;
    event.preventDefault();
    passed.add(target);
    storing.then(() => target.requestSubmit(submitter));
  });
  // The user can edit a page that the browser restored from its cache.
  addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });
  addEventListener("beforeunload", (event) => {
    if (!sent && differs()) event.preventDefault();
  });
  if (editor().hasAttribute("data-not-stored")) {
    kept = "";
    store();
  }

  // Another view of the same draft has different fields.
  let wasStored = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "editor") wasStored = !differs();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "editor" && event.detail.target?.id !== "editor" || isReadOnly()) return;
    is(edition);
    if (wasStored) kept = written(); else later(pause);
  });
}
