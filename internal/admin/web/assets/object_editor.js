// The script of the page that edits an object as a manifest. The page works without it. The
// script adds the YAML editor, the keyboard shortcut for saving, and the draft.
import "./js/save_key.js";
import { autosaveDraft } from "./js/draft.js";

const editor = document.getElementById("editor"), form = document.getElementById("object-form");
import(editor.dataset.yamlEditor);
autosaveDraft({
  editor: () => editor, form: () => form,
  fields: () => [["yaml", form.elements.yaml.value], ["seen", form.elements.seen.value]],
});
