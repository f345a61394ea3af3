// The checkbox that selects all shown modes, or none. Shift-click selects a range.
const boxes = () => [...document.querySelectorAll('#list input[form="chosen"][type=checkbox]')];
let last;

function update() {
  const all = document.querySelector("[data-choose-all]");
  if (!all) return;
  const chosen = boxes().filter((box) => box.checked).length;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

// set checks or unchecks boxes. Only the last one fires an event, so that listeners count once.
function set(some, checked) {
  for (const box of some) box.checked = checked;
  some.at(-1)?.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-all]")) set(boxes(), event.target.checked);
  else if (event.target.form?.id === "chosen") update();
});

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || box.form?.id !== "chosen") return;
  const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0 && to >= 0) set(all.slice(Math.min(from, to), Math.max(from, to) + 1), box.checked);
  last = box;
});

document.addEventListener("htmx:afterSettle", update);
addEventListener("pageshow", update);
