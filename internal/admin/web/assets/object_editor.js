// The page on which an object is written as a manifest. It works without this: what is
// added is the editor for YAML, the keyboard shortcut for saving, and the draft.
import "./js/save_key.js";
import { keepDraft } from "./js/draft.js";

const editor = document.getElementById("editor"), form = document.getElementById("object-form");
import(editor.dataset.yamlEditor);
keepDraft({
  editor: () => editor, form: () => form,
  fields: () => [["yaml", form.elements.yaml.value], ["seen", form.elements.seen.value]],
});
