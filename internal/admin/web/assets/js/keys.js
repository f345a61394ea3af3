// Shortcuts without Ctrl or Alt, which the user can turn off (WCAG 2.1.4). The key in data-key
// clicks a link or button, or focuses a field.
const disabledKey = "orgmodes.single-keys-off";
const box = document.getElementById("single-keys");
if (box) {
  box.checked = localStorage.getItem(disabledKey) === null;
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(disabledKey) : localStorage.setItem(disabledKey, "1")));
}

// updateKeyList shows only the keys that work on the page in its current state.
function updateKeyList() {
  for (const row of document.querySelectorAll("#keys dl > div")) {
    const { needs, singleKey } = row.dataset;
    row.hidden = needs !== undefined && !document.querySelector(needs) || singleKey !== undefined && !box.checked;
  }
  for (const group of document.querySelectorAll("[data-key-group]")) group.hidden = !group.querySelector("dl > div:not([hidden])");
}
box?.addEventListener("change", updateKeyList);
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-open=keys]")) updateKeyList(); }, true);

const isTextField = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTextField(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") return moveFocus(event);
  if (localStorage.getItem(disabledKey) !== null) return;
  if (event.key === "?") { updateKeyList(); document.getElementById("keys")?.showModal(); event.preventDefault(); return; }
  const target = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === event.key);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) target.focus(); else target.click();
});

// moveFocus moves the focus from row to row of a list with the arrow keys.
function moveFocus(event) {
  const row = event.target.closest?.("[data-rows] > li");
  if (!row || event.target.closest("details[open]")) return;
  const rows = [...document.querySelectorAll("[data-rows] > li")];
  const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.querySelector("a.name, .row-menu > summary")?.focus();
}
