// What is on the page. The editor is replaced when the view changes, so nothing
// of it is kept.
export const editor = () => document.getElementById("editor");
export const form = () => document.getElementById("mode-form");
export const bar = () => document.getElementById("bar");

// Fields as they are stored in a draft: what is written, and what it began from.
const beside = ["_csrf", "_user", "touched", "theirs", "seen_by", "draft", "edition"];
export const fields = () => [...new FormData(form())].filter(([name]) => !beside.includes(name));
