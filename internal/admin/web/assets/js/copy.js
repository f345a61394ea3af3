// Copies what an element holds, and says so.
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
    // Without a secure connection there is no clipboard: select it for the keys.
    if (from.select) from.select(); else getSelection().selectAllChildren(from);
    button.textContent = "Press Ctrl-C";
    say("Selected: press Ctrl and C to copy");
  }
  setTimeout(() => { button.textContent = words; }, 2500);
});

// A page that was the answer to a form, and shows something once: to load it again
// must not send the form again.
const once = document.querySelector("[data-shown-once]");
if (once) history.replaceState(null, "", once.dataset.shownOnce);
