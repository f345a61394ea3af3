// <yaml-editor> turns the textarea in it into a YAML editor. The textarea remains the field
// that is submitted. Problems that the server reports (#yaml-problems) are marked in the text.
// With a JSON Schema in data-schema, or at the URL in data-schema-url, the editor completes keys
// and values and describes the key under the pointer.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, lineNumbers, drawSelection, highlightActiveLine, highlightSpecialChars } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { indentOnInput, syntaxHighlighting, HighlightStyle, indentUnit, bracketMatching } from "@codemirror/language";
import { setDiagnostics, lintGutter } from "@codemirror/lint";
import { yaml } from "@codemirror/lang-yaml";
import { tags } from "@lezer/highlight";
import { complete, describe } from "./js/schema.js";

const nonce = document.querySelector("script[nonce]")?.nonce ?? "";

const colors = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--text-muted)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--text-muted)" },
]);

const theme = EditorView.theme({
  "&": { fontSize: ".8125rem", color: "var(--text)", maxHeight: "70vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { background: "var(--sunken)", color: "var(--text-muted)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "var(--sunken)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--accent-soft)" },
  // Replaces the package's images, which the page's Content-Security-Policy blocks.
  ".cm-lintRange": { backgroundImage: "none", textDecoration: "underline wavy", textUnderlineOffset: "3px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecorationColor: "var(--bad)" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecorationColor: "var(--warn)" },
  ".cm-lint-marker": { content: "normal", width: ".5rem", height: ".5rem", marginBlock: ".4rem", borderRadius: "50%" },
  ".cm-lint-marker-error": { content: "normal", background: "var(--bad)" },
  ".cm-lint-marker-info": { content: "normal", background: "var(--warn)" },
  ".cm-tooltip": { background: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "14rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .5rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--text)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-completionDetail": { color: "var(--text-muted)", fontStyle: "normal" },
  ".cm-tooltip.cm-completionInfo, .cm-described": { maxWidth: "24rem", padding: ".4rem .6rem" },
  ".cm-described p": { margin: ".2rem 0 0" },
});

// schemaExtensions returns the editor extensions for completion and hover text from a JSON Schema.
function schemaExtensions(schema) {
  return [
    autocompletion({ override: [complete(schema)], icons: false }),
    hoverTooltip(({ state }, pos) => {
      const key = describe(schema, state.doc, pos);
      return key && { pos: key.from, end: key.to, above: true, create: () => ({ dom: renderDescription(key) }) };
    }),
  ];
}

function renderDescription({ name, type, description }) {
  const box = document.createElement("div"), code = document.createElement("code");
  box.className = "cm-described";
  code.textContent = name;
  box.append(code, ` ${type}`);
  if (description) box.append(Object.assign(document.createElement("p"), { textContent: description }));
  return box;
}

const schemas = new Compartment();

class YAMLEditor extends HTMLElement {
  connectedCallback() {
    const area = this.querySelector("textarea");
    if (!area || this.view) return;
    this.view = new EditorView({
      parent: this,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          lineNumbers(), history(), drawSelection(), highlightSpecialChars(), highlightActiveLine(), indentOnInput(), bracketMatching(), lintGutter(),
          yaml(), indentUnit.of("  "), syntaxHighlighting(colors), theme, EditorView.lineWrapping, EditorView.cspNonce.of(nonce),
          EditorState.readOnly.of(area.readOnly), keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          schemas.of([]),
          EditorView.contentAttributes.of({
            "aria-labelledby": "field-yaml-label", "aria-describedby": area.getAttribute("aria-describedby"), "aria-readonly": String(area.readOnly), dir: "auto", tabindex: "0",
          }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            area.value = update.state.doc.toString();
            area.dispatchEvent(new Event("input", { bubbles: true }));
          }),
        ],
      }),
    });
    area.hidden = true;
    // Links to the field and clicks on its label focus the editor instead.
    area.addEventListener("focus", () => this.view.focus());
    document.getElementById("field-yaml-label").addEventListener("click", (event) => { event.preventDefault(); this.view.focus(); });
    this.observer = new MutationObserver(() => this.markProblems());
    this.observer.observe(this.closest("form"), { childList: true, subtree: true });
    this.markProblems();
    if (area.readOnly) return;
    if (this.dataset.schema) this.setSchema(JSON.parse(this.dataset.schema));
    else if (this.dataset.schemaUrl) this.loadSchema(this.dataset.schemaUrl);
  }

  // loadSchema fetches the schema. If that fails, the editor works without it.
  async loadSchema(url) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) this.setSchema(await response.json());
  }

  setSchema(schema) {
    this.view?.dispatch({ effects: schemas.reconfigure(schemaExtensions(schema)) });
    this.dataset.completion = "";
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    this.view?.destroy();
    this.view = undefined;
  }

  markProblems() {
    const list = document.getElementById("yaml-problems");
    if (!list || list === this.markedList) return;
    this.markedList = list;
    const { doc } = this.view.state;
    const marks = [...list.children].filter((problem) => Number(problem.dataset.line) > 0).map((problem) => {
      const line = doc.line(Math.min(Number(problem.dataset.line), doc.lines));
      const from = Math.min(line.from + Math.max(Number(problem.dataset.column) - 1, 0), line.to);
      return { from, to: line.to, severity: "notice" in problem.dataset ? "info" : "error", message: problem.dataset.detail };
    });
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href="#field-yaml"]');
  const view = document.querySelector("yaml-editor")?.view;
  if (!link || !view) return;
  event.preventDefault();
  const line = Number(/^Line (\d+)/.exec(link.textContent)?.[1] ?? 1);
  const at = view.state.doc.line(Math.min(line, view.state.doc.lines)).from;
  view.focus();
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
});

customElements.define("yaml-editor", YAMLEditor);
