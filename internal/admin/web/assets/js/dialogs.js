// enterIsDown is true while Enter is held. Repeats go to the element that has the focus by then.
let enterIsDown = false;
document.addEventListener("keydown", (event) => { if (event.key === "Enter") enterIsDown = true; }, true);
document.addEventListener("keyup", (event) => { if (event.key === "Enter") enterIsDown = false; }, true);
addEventListener("blur", () => { enterIsDown = false; });

// openConfirmDialog opens the question of a confirmation page as a dialog. Links and buttons
// with data-confirm-dialog lead to such pages.
export async function openConfirmDialog(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const question = page.getElementById("confirm");
  if (!response.ok || !question) { location.assign(url); return; }
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = page.querySelector("h1").textContent;
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, document.adoptNode(question));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (isBackdropClick(dialog, event) || event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); }
  });
  // The key press that opened the dialog must not confirm it.
  if (enterIsDown) {
    const released = new AbortController();
    const ignore = (event) => { if (event.key === "Enter") event.preventDefault(); };
    for (const type of ["keydown", "keypress"]) dialog.addEventListener(type, ignore, { signal: released.signal });
    for (const type of ["keyup", "blur"]) addEventListener(type, () => released.abort(), { signal: released.signal });
  }
  dialog.showModal();
  dialog.querySelector("[data-confirm]")?.focus();
}

document.addEventListener("click", (event) => {
  const trigger = event.target.closest?.("[data-confirm-dialog]");
  if (!trigger || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const menu = trigger.closest("details.menu");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  if (trigger.href) return void openConfirmDialog(trigger.href);
  const url = new URL(trigger.formAction);
  url.search = new URLSearchParams(new FormData(trigger.form)).toString();
  openConfirmDialog(url.href);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
});
for (const button of document.querySelectorAll("[data-open][hidden]")) button.hidden = false;

// isBackdropClick reports whether a click was outside a dialog, on its backdrop. The dialog is
// also the target of clicks on its padding.
export function isBackdropClick(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.target === dialog && event.detail > 0
    && (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom);
}
