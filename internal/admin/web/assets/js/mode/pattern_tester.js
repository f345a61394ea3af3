// Matches paths against a pattern in a worker, which can be stopped: some patterns never finish.
import { editor } from "./page.js";

const timeLimit = 500; // milliseconds

function matchInWorker(pattern, paths) {
  const worker = new Worker(editor().dataset.worker);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ error: `this takes longer than ${timeLimit / 1000} s: an editor would hang` }), timeLimit);
    worker.onmessage = ({ data }) => { clearTimeout(timer); resolve(data); };
    worker.onerror = () => { clearTimeout(timer); resolve({ error: "it could not be tried here" }); };
    worker.postMessage({ pattern, paths });
  }).finally(() => worker.terminate());
}

let latestRequest = 0;
async function update(tester) {
  const pattern = document.getElementById(tester.dataset.patternTester);
  const results = tester.querySelector("[data-results]");
  const paths = tester.querySelector("[data-paths]").value.split("\n").map((path) => path.trim()).filter(Boolean);
  const request = ++latestRequest;
  if (!pattern?.value || !paths.length) { results.textContent = pattern?.value ? "" : "Without a pattern, all files."; return; }
  const { matches, error } = await matchInWorker(pattern.value, paths);
  if (request !== latestRequest) return;
  results.replaceChildren(...(error ? [error] : paths.map((path, i) => {
    const one = document.createElement("span");
    one.textContent = `${matches[i] ? "✓" : "✗"} ${path}`;
    const label = document.createElement("span");
    label.className = "visually-hidden";
    label.textContent = matches[i] ? " may be edited" : " may not be edited";
    one.append(label);
    return one;
  })));
}

let inputTimer;
document.addEventListener("input", (event) => {
  const tester = event.target.closest?.("[data-pattern-tester]") ?? document.querySelector(`[data-pattern-tester="${event.target.id}"]`);
  if (!tester) return;
  clearTimeout(inputTimer);
  inputTimer = setTimeout(() => update(tester), 200);
});
const updateAll = () => { for (const tester of document.querySelectorAll("[data-pattern-tester]")) update(tester); };
updateAll();
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "editor") updateAll(); });
