// What is on the page. The editor is replaced when the view changes, so nothing
// of it is kept.
export const editor = () => document.getElementById("editor");
export const form = () => document.getElementById("mode-form");
export const bar = () => document.getElementById("bar");

// Fields as they are sent, without those that only the session is known by.
export function fields() {
  return [...new FormData(form())].filter(([name]) => !["_csrf", "_user", "touched", "theirs", "seen_by"].includes(name));
}

export const written = () => JSON.stringify(fields());
