// Copies the content of an element to the clipboard and announces it to screen readers.
import { say } from "./say.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    button.textContent = "Copied";
    say("Copied");
  } catch {
    // Without a secure connection there is no clipboard API. Select the text for Ctrl-C.
    if (from.select) from.select(); else getSelection().selectAllChildren(from);
    button.textContent = "Press Ctrl-C";
    say("Selected: press Ctrl and C to copy");
  }
  setTimeout(() => { button.textContent = words; }, 2500);
});

// A page that responds to a form and shows something once. Reloading it must not submit the
// form a second time.
const once = document.querySelector("[data-shown-once]");
if (once) history.replaceState(null, "", once.dataset.shownOnce);
