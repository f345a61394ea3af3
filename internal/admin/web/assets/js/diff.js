// <yaml-diff> adds a second layout and navigation to a comparison that the server rendered
// (shell/html/parts/yaml_diff.html).
import { read } from "./diff/model.js";
import { unified, sides } from "./diff/layouts.js";
import { toolbar } from "./diff/toolbar.js";
import { say } from "./say.js";

const remembered = "orgmodes.diff";
const wideEnough = 720; // pixels, for two readable columns

class YamlDiff extends HTMLElement {
  connectedCallback() {
    if (!this.model) {
      this.box = this.querySelector(".diff-lines");
      this.model = read(this.box);
      this.shown = this.hasAttribute("data-split") ? "split" : "unified";
      this.at = -1;
      this.tools = toolbar(this);
      this.prepend(this.tools.element);
      this.addEventListener("keydown", (event) => this.key(event));
      this.index();
    }
    // layOut waits for the next frame, because it changes sizes itself.
    this.watch = new ResizeObserver(() => requestAnimationFrame(() => this.layOut()));
    this.watch.observe(this);
  }

  disconnectedCallback() { this.watch.disconnect(); }

  get wide() { return this.clientWidth >= wideEnough && this.dataset.old !== "" && this.dataset.new !== ""; }
  get wanted() { return localStorage.getItem(remembered) ?? (this.hasAttribute("data-split") ? "split" : "unified"); }

  choose(layout) {
    localStorage.setItem(remembered, layout);
    for (const one of document.querySelectorAll("yaml-diff")) one.layOut();
  }

  layOut() {
    const layout = this.wide ? this.wanted : "unified";
    this.tools.layout(this.wide, layout);
    if (layout === this.shown) return;
    this.shown = layout;
    this.box.replaceChildren(...(layout === "split" ? sides(this.model, this.dataset) : unified(this.model)));
    this.index();
    if (this.at >= 0) this.mark();
  }

  // index collects the rows of each change.
  index() {
    this.changes = [];
    let before;
    for (const row of this.box.querySelectorAll(".diff-lines > .line, tr, .fold")) {
      const changed = row.matches(".added, .removed") || row.matches("tr") && row.querySelector(":scope > td > .added, :scope > td > .removed") !== null;
      if (changed && !before) this.changes.push([]);
      if (changed) this.changes.at(-1).push(row);
      before = changed;
    }
    this.tools.count(this.at, this.changes.length);
  }

  go(step) {
    if (!this.changes.length) return;
    this.at = this.at < 0 ? (step > 0 ? 0 : this.changes.length - 1) : (this.at + step + this.changes.length) % this.changes.length;
    this.mark();
    const text = this.changes[this.at][0].innerText.trim().slice(0, 200);
    say(`Change ${this.at + 1} of ${this.changes.length}. ${text}`);
  }

  mark() {
    for (const row of this.box.querySelectorAll(".at")) row.classList.remove("at");
    for (const row of this.changes[this.at]) row.classList.add("at");
    this.changes[this.at][0].scrollIntoView({ block: "center" });
    this.tools.count(this.at, this.changes.length);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea")) return;
    if (localStorage.getItem("orgmodes.single-keys-off") !== null) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.go(step);
  }

  text(side) { return this.model.flatMap((part) => part.texts(side)).join("\n"); }
}

// The server renders a fold as plain text. Once open, it has numbered lines, in two columns if
// side by side.
document.addEventListener("toggle", (event) => {
  const fold = event.target;
  if (!fold.matches?.("yaml-diff .fold") || !fold.open || fold.filled) return;
  const part = fold.closest("yaml-diff").model.find((one) => one.is(fold));
  if (!part) return;
  fold.filled = true;
  fold.querySelector(".fold-text").replaceWith(part.lines(fold.closest("table") !== null));
}, true);

customElements.define("yaml-diff", YamlDiff);
