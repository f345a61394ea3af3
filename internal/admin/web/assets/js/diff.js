// <yaml-diff> adds a second layout and navigation to a comparison that the server rendered
// (shell/html/parts/yaml_diff.html).
import { readModel } from "./diff/model.js";
import { renderUnified, renderSplit } from "./diff/layouts.js";
import { toolbar } from "./diff/toolbar.js";
import { announce } from "./announce.js";

const layoutKey = "orgmodes.diff";
const minSplitWidth = 720; // pixels, for two readable columns

class YamlDiff extends HTMLElement {
  connectedCallback() {
    if (!this.model) {
      this.box = this.querySelector(".diff-lines");
      this.model = readModel(this.box);
      this.layout = this.hasAttribute("data-split") ? "split" : "unified";
      this.current = -1;
      this.tools = toolbar(this);
      this.prepend(this.tools.element);
      this.addEventListener("keydown", (event) => this.handleKey(event));
      this.indexChanges();
    }
    // applyLayout waits for the next frame, because it changes sizes itself.
    this.resizeObserver = new ResizeObserver(() => requestAnimationFrame(() => this.applyLayout()));
    this.resizeObserver.observe(this);
  }

  disconnectedCallback() { this.resizeObserver.disconnect(); }

  get canSplit() { return this.clientWidth >= minSplitWidth && this.dataset.old !== "" && this.dataset.new !== ""; }
  get preferredLayout() { return localStorage.getItem(layoutKey) ?? (this.hasAttribute("data-split") ? "split" : "unified"); }

  setLayout(layout) {
    localStorage.setItem(layoutKey, layout);
    for (const one of document.querySelectorAll("yaml-diff")) one.applyLayout();
  }

  applyLayout() {
    const layout = this.canSplit ? this.preferredLayout : "unified";
    this.tools.layout(this.canSplit, layout);
    if (layout === this.layout) return;
    this.layout = layout;
    this.box.replaceChildren(...(layout === "split" ? renderSplit(this.model, this.dataset) : renderUnified(this.model)));
    this.indexChanges();
    if (this.current >= 0) this.highlightCurrent();
  }

  // indexChanges collects the rows of each change.
  indexChanges() {
    this.changes = [];
    let before;
    for (const row of this.box.querySelectorAll(".diff-lines > .line, tr, .fold")) {
      const changed = row.matches(".added, .removed") || row.matches("tr") && row.querySelector(":scope > td > .added, :scope > td > .removed") !== null;
      if (changed && !before) this.changes.push([]);
      if (changed) this.changes.at(-1).push(row);
      before = changed;
    }
    this.tools.count(this.current, this.changes.length);
  }

  moveBy(step) {
    if (!this.changes.length) return;
    this.current = this.current < 0 ? (step > 0 ? 0 : this.changes.length - 1) : (this.current + step + this.changes.length) % this.changes.length;
    this.highlightCurrent();
    const text = this.changes[this.current][0].innerText.trim().slice(0, 200);
    announce(`Change ${this.current + 1} of ${this.changes.length}. ${text}`);
  }

  highlightCurrent() {
    for (const row of this.box.querySelectorAll(".current")) row.classList.remove("current");
    for (const row of this.changes[this.current]) row.classList.add("current");
    this.changes[this.current][0].scrollIntoView({ block: "center" });
    this.tools.count(this.current, this.changes.length);
  }

  handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea")) return;
    if (localStorage.getItem("orgmodes.single-keys-off") !== null) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.moveBy(step);
  }

  text(side) { return this.model.flatMap((part) => part.texts(side)).join("\n"); }
}

// The server renders a fold as plain text. Once open, it has numbered lines, in two columns if
// side by side.
document.addEventListener("toggle", (event) => {
  const fold = event.target;
  if (!fold.matches?.("yaml-diff .fold") || !fold.open || fold.filled) return;
  const part = fold.closest("yaml-diff").model.find((one) => one.matches(fold));
  if (!part) return;
  fold.filled = true;
  fold.querySelector(".fold-text").replaceWith(part.lines(fold.closest("table") !== null));
}, true);

customElements.define("yaml-diff", YamlDiff);
