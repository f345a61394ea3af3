// Reorders a list by Alt and an arrow key, the row's menu, or dragging. Consecutive moves are
// saved together, a moment after the last one.
import htmx from "./htmx.js";
import { csrf } from "./csrf.js";
import { announce, showError } from "./announce.js";

const pause = 500;
let saveTimer, saving = Promise.resolve(), unsaved = 0;

const listOf = (element) => element.closest?.("[data-order]");
const rowOf = (element) => element.closest?.("[data-order] > li");
const nameOf = (row) => row.querySelector(".name").textContent;

function step(row, by) {
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) { announce(`${nameOf(row)} is ${by < 0 ? "the first" : "the last"} one`); return; }
  const focused = document.activeElement;
  if (by < 0) other.before(row); else other.after(row);
  focused.focus();
  moved(row);
}

function moved(row) {
  const list = listOf(row);
  const rows = [...list.children];
  announce(`${nameOf(row)}: ${rows.indexOf(row) + 1} of ${rows.length}`);
  updateMoveButtons(list);
  row.scrollIntoView({ block: "nearest" });
  if (saveTimer) clearTimeout(saveTimer); else unsaved++;
  list.setAttribute("aria-busy", "true");
  saveTimer = setTimeout(() => { saveTimer = undefined; saving = saving.then(() => save(list)); }, pause);
}

async function save(list) {
  const holder = list.closest("[data-revision]");
  const ids = [...list.children].map((row) => row.dataset.id);
  const body = new URLSearchParams({ ids: ids.join(" "), seen: holder.dataset.revision });
  try {
    const response = await fetch(list.dataset.order, {
      method: "POST", body, headers: { "X-CSRF-Token": csrf(), "X-Requested-With": "fetch", Accept: "text/html" },
    });
    if (response.headers.has("HX-Redirect")) { unsaved = 0; location.assign(response.headers.get("HX-Redirect")); return; }
    const text = await response.text();
    if (!response.ok) {
      const page = new DOMParser().parseFromString(text, "text/html");
      throw new Error(page.querySelector(".failure-detail")?.textContent ?? "It was refused");
    }
    holder.dataset.revision = response.headers.get("X-Revision");
    htmx.swap("#publication-line", text, { swapStyle: "outerHTML" });
    announce("The order is saved");
  } catch (error) {
    showError(`The order was not saved: ${error.message}`);
  } finally {
    unsaved = Math.max(0, unsaved - 1);
    if (!unsaved) list.removeAttribute("aria-busy");
  }
}

// updateMoveButtons disables the menu items that would move the first row up or the last row down.
function updateMoveButtons(list) {
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
// Only the grip is draggable, so that the text of a row can be selected.
document.addEventListener("dragstart", (event) => {
  dragged = event.target.matches?.("[data-order] .grip") ? rowOf(event.target) : undefined;
  if (!dragged) return;
  event.dataTransfer.setDragImage(dragged, 8, dragged.offsetHeight / 2);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", nameOf(dragged));
  dragged.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const over = rowOf(event.target);
  if (!dragged || !over || listOf(over) !== listOf(dragged)) return;
  event.preventDefault();
  clearDropMarks();
  if (over !== dragged) over.classList.add(isLowerHalf(event, over) ? "over-after" : "over-before");
});
document.addEventListener("drop", (event) => {
  const over = rowOf(event.target);
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  if (isLowerHalf(event, over)) over.after(dragged); else over.before(dragged);
  moved(dragged);
});
document.addEventListener("dragend", () => { clearDropMarks(); dragged?.classList.remove("dragged"); dragged = undefined; });

const isLowerHalf = (event, row) => { const box = row.getBoundingClientRect(); return event.clientY > box.top + box.height / 2; };
function clearDropMarks() {
  for (const row of document.querySelectorAll(".over-before, .over-after")) row.classList.remove("over-before", "over-after");
}

// The browser asks the user before leaving the page with unsaved moves, because a handler can't
// wait here until they are saved.
addEventListener("beforeunload", (event) => { if (unsaved > 0) event.preventDefault(); });
