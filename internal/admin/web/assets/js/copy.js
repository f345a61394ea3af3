// Copies the content of an element to the clipboard and announces it to screen readers.
import { announce } from "./announce.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    // Without a secure connection there is no clipboard API. Select the text for Ctrl-C.
    if (from.select) from.select(); else getSelection().selectAllChildren(from);
    button.textContent = "Press Ctrl-C";
    announce("Selected: press Ctrl and C to copy");
  }
  setTimeout(() => { button.textContent = label; }, 2500);
});

// A page that responds to a form and shows something once. Reloading it must not submit the
// form a second time.
const oneTimePage = document.querySelector("[data-replace-url]");
if (oneTimePage) history.replaceState(null, "", oneTimePage.dataset.replaceUrl);
