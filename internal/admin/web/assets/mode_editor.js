// The script of the mode editor page, which works without it. The script stores drafts, so
// that no input is lost, and shows the effect of each edit immediately.
import "./js/save_key.js";
import "./js/mode/checks.js";
import "./js/mode/slug.js";
import "./js/mode/pattern_tester.js";
import { autosaveDraft } from "./js/draft.js";
import { editor, fields, form } from "./js/mode/page.js";

autosaveDraft({ editor, form, fields });

// loadYAML loads the bundle of the YAML editor if the page has one.
function loadYAML() {
  if (document.querySelector("yaml-editor")) import(editor().dataset.yamlEditor);
}
loadYAML();
document.addEventListener("htmx:afterSettle", loadYAML);

document.addEventListener("keydown", (event) => {
  // Enter would submit the form. Only the save bar and its shortcut are meant to do that.
  if (event.key === "Enter" && event.target.matches?.("#mode-form input:not([type=checkbox])")) event.preventDefault();
});
