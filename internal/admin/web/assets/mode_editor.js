// The page on which a mode is written. It works without this: what is added here
// is that nothing typed is lost, and that one sees at once what comes of it.
import "./js/mode/checks.js";
import "./js/mode/drafts.js";
import "./js/mode/slug.js";
import "./js/mode/trial.js";
import { editor } from "./js/mode/page.js";

// The bundle for YAML is loaded where it is needed.
function loadYAML() {
  if (document.querySelector("yaml-editor")) import(editor().dataset.yamlEditor);
}
loadYAML();
document.addEventListener("htmx:afterSettle", loadYAML);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    document.getElementById("save")?.click();
  }
  // Return would send the form: the bar and its key are the ways to do that.
  if (event.key === "Enter" && event.target.matches?.("#mode-form input:not([type=checkbox])")) event.preventDefault();
});

if (/Mac|iP/.test(navigator.platform)) for (const key of document.querySelectorAll("#save kbd")) key.textContent = "⌘S";
