// The page on which a mode is written. It works without this: what is added here
// is that nothing typed is lost, and that one sees at once what comes of it.
import "./js/save_key.js";
import "./js/mode/checks.js";
import "./js/mode/slug.js";
import "./js/mode/trial.js";
import { keepDraft } from "./js/draft.js";
import { editor, fields, form } from "./js/mode/page.js";

keepDraft({ editor, form, fields });

// The bundle for YAML is loaded where it is needed.
function loadYAML() {
  if (document.querySelector("yaml-editor")) import(editor().dataset.yamlEditor);
}
loadYAML();
document.addEventListener("htmx:afterSettle", loadYAML);

document.addEventListener("keydown", (event) => {
  // Return would send the form: the bar and its key are the ways to do that.
  if (event.key === "Enter" && event.target.matches?.("#mode-form input:not([type=checkbox])")) event.preventDefault();
});
