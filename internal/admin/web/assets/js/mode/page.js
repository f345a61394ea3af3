// The elements of the page. The editor is replaced when the view changes, so none of its
// elements is cached.
export const editor = () => document.getElementById("editor");
export const form = () => document.getElementById("mode-form");
export const bar = () => document.getElementById("bar");

// fields returns the fields of a draft: the input, and the version that it is based on.
const excluded = ["_csrf", "_user", "touched", "theirs", "seen_by", "draft", "edition"];
export const fields = () => [...new FormData(form())].filter(([name]) => !excluded.includes(name));
