// Menus are <details class="menu">: one is open at a time, and a click elsewhere
// or Esc closes it.
const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || !menu.matches(".menu") || !menu.open) return;
  for (const other of openMenus()) if (other !== menu) other.open = false;
  const list = menu.querySelector(".menu-list");
  if (list) moveInside(list);
  // A menu that would end below the window opens upward.
  if (list && menu.matches(".row-menu")) {
    list.style.insetBlock = "";
    if (list.getBoundingClientRect().bottom > innerHeight && menu.getBoundingClientRect().top > list.offsetHeight) list.style.insetBlock = "auto 100%";
  }
}, true);

// moveInside moves a menu that would end beside the window, which would then scroll sideways.
function moveInside(list) {
  list.style.translate = "";
  const margin = 8, { left, right } = list.getBoundingClientRect();
  const by = Math.min(0, document.documentElement.clientWidth - margin - right) + Math.max(0, margin - left);
  if (by) list.style.translate = `${by}px`;
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key === "Escape") {
    for (const m of openMenus()) { m.open = false; m.querySelector("summary").focus(); event.preventDefault(); }
  } else if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const items = [menu.querySelector("summary"), ...menu.querySelectorAll(".menu-list a, .menu-list button")];
    const next = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items[(next + items.length) % items.length].focus();
    event.preventDefault();
  }
});

// Disabled elements stay in place and do nothing.
document.addEventListener("click", (event) => {
  if (event.target.closest?.('[aria-disabled="true"]')) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);

// Messages can be closed.
for (const button of document.querySelectorAll(".flash [data-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => { button.closest(".flash").remove(); document.getElementById("main").focus(); });
}
