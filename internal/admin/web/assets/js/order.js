// Reorders a list by Alt and an arrow key, the row's menu, or dragging. Consecutive moves are
// saved together, a moment after the last one.
import htmx from "./htmx.js";
import { csrf } from "./csrf.js";
import { say, complain } from "./say.js";

const pause = 500;
let waiting, saving = Promise.resolve(), unsaved = 0;

const listOf = (element) => element.closest?.("[data-order]");
const rowOf = (element) => element.closest?.("[data-order] > li");
const nameOf = (row) => row.querySelector(".name").textContent;

function step(row, by) {
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) { say(`${nameOf(row)} is ${by < 0 ? "the first" : "the last"} one`); return; }
  const had = document.activeElement;
  if (by < 0) other.before(row); else other.after(row);
  had.focus();
  moved(row);
}

function moved(row) {
  const list = listOf(row);
  const rows = [...list.children];
  say(`${nameOf(row)}: ${rows.indexOf(row) + 1} of ${rows.length}`);
  refresh(list);
  row.scrollIntoView({ block: "nearest" });
  if (waiting) clearTimeout(waiting); else unsaved++;
  list.setAttribute("aria-busy", "true");
  waiting = setTimeout(() => { waiting = undefined; saving = saving.then(() => save(list)); }, pause);
}

async function save(list) {
  const holder = list.closest("[data-seen]");
  const ids = [...list.children].map((row) => row.dataset.id);
  const body = new URLSearchParams({ ids: ids.join(" "), seen: holder.dataset.seen });
  try {
    const answer = await fetch(list.dataset.order, {
      method: "POST", body, headers: { "X-CSRF-Token": csrf(), "X-Requested-With": "fetch", Accept: "text/html" },
    });
    if (answer.headers.has("HX-Redirect")) { unsaved = 0; location.assign(answer.headers.get("HX-Redirect")); return; }
    const text = await answer.text();
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(text, "text/html");
      throw new Error(page.querySelector(".failure-what")?.textContent ?? "It was refused");
    }
    holder.dataset.seen = answer.headers.get("X-Revision");
    htmx.swap("#live", text, { swapStyle: "outerHTML" });
    say("The order is saved");
  } catch (error) {
    complain(`The order was not saved: ${error.message}`);
  } finally {
    unsaved = Math.max(0, unsaved - 1);
    if (!unsaved) list.removeAttribute("aria-busy");
  }
}

// refresh disables the menu items that would move the first row up or the last row down.
function refresh(list) {
  for (const row of list.children) {
    for (const move of row.querySelectorAll("button[form=moving]")) {
      const edge = move.name === "up" ? !row.previousElementSibling : !row.nextElementSibling;
      if (edge) move.setAttribute("aria-disabled", "true"); else move.removeAttribute("aria-disabled");
    }
  }
}

document.addEventListener("keydown", (event) => {
  const row = rowOf(event.target);
  if (!row || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  step(row, event.key === "ArrowUp" ? -1 : 1);
});

// The menu moves a row without loading a new page.
document.addEventListener("submit", (event) => {
  const row = rowOf(event.submitter ?? event.target);
  if (!row || event.target.id !== "moving") return;
  event.preventDefault();
  const menu = event.submitter.closest("details");
  step(row, event.submitter.name === "up" ? -1 : 1);
  menu.open = false;
  menu.querySelector("summary").focus();
});

let dragged;
const enable = () => { for (const row of document.querySelectorAll("[data-order] > li")) row.draggable = true; };
enable();
document.addEventListener("htmx:afterSettle", enable);

document.addEventListener("dragstart", (event) => {
  dragged = rowOf(event.target);
  if (!dragged || event.target !== dragged) { dragged = undefined; return; }
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", nameOf(dragged));
  dragged.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const over = rowOf(event.target);
  if (!dragged || !over || listOf(over) !== listOf(dragged)) return;
  event.preventDefault();
  unmark();
  if (over !== dragged) over.classList.add(below(event, over) ? "over-after" : "over-before");
});
document.addEventListener("drop", (event) => {
  const over = rowOf(event.target);
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  if (below(event, over)) over.after(dragged); else over.before(dragged);
  moved(dragged);
});
document.addEventListener("dragend", () => { unmark(); dragged?.classList.remove("dragged"); dragged = undefined; });

const below = (event, row) => { const box = row.getBoundingClientRect(); return event.clientY > box.top + box.height / 2; };
function unmark() {
  for (const row of document.querySelectorAll(".over-before, .over-after")) row.classList.remove("over-before", "over-after");
}

// The browser asks the user before leaving the page with unsaved moves, because a handler can't
// wait here until they are saved.
addEventListener("beforeunload", (event) => { if (unsaved > 0) event.preventDefault(); });
