// The checkbox that selects all shown modes, or none. Shift-click selects a range.
const boxes = () => [...document.querySelectorAll('#list input[form="selection"][type=checkbox]')];
let last;

function update() {
  const all = document.querySelector("[data-select-all]");
  if (!all) return;
  const selected = boxes().filter((box) => box.checked).length;
  all.checked = selected > 0 && selected === boxes().length;
  all.indeterminate = selected > 0 && !all.checked;
}

// setChecked checks or unchecks boxes. Only the last one fires an event, so that listeners
// count once.
function setChecked(targets, checked) {
  for (const box of targets) box.checked = checked;
  targets.at(-1)?.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) setChecked(boxes(), event.target.checked);
  else if (event.target.form?.id === "selection") update();
});

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || box.form?.id !== "selection") return;
  const all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0 && to >= 0) setChecked(all.slice(Math.min(from, to), Math.max(from, to) + 1), box.checked);
  last = box;
});

document.addEventListener("htmx:afterSettle", update);
addEventListener("pageshow", update);
