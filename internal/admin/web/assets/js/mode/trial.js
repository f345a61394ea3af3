// Matches paths against a pattern in a worker, which can be stopped: some patterns never finish.
import { editor } from "./page.js";

const most = 500; // milliseconds

function attempt(pattern, paths) {
  const worker = new Worker(editor().dataset.worker);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ error: `this takes longer than ${most / 1000} s: an editor would hang` }), most);
    worker.onmessage = ({ data }) => { clearTimeout(timer); resolve(data); };
    worker.onerror = () => { clearTimeout(timer); resolve({ error: "it could not be tried here" }); };
    worker.postMessage({ pattern, paths });
  }).finally(() => worker.terminate());
}

let latest = 0;
async function show(trial) {
  const pattern = document.getElementById(trial.dataset.trial);
  const results = trial.querySelector("[data-results]");
  const paths = trial.querySelector("[data-paths]").value.split("\n").map((path) => path.trim()).filter(Boolean);
  const mine = ++latest;
  if (!pattern?.value || !paths.length) { results.textContent = pattern?.value ? "" : "Without a pattern, all files."; return; }
  const { matches, error } = await attempt(pattern.value, paths);
  if (mine !== latest) return;
  results.replaceChildren(...(error ? [error] : paths.map((path, i) => {
    const one = document.createElement("span");
    one.textContent = `${matches[i] ? "✓" : "✗"} ${path}`;
    const said = document.createElement("span");
    said.className = "vh";
    said.textContent = matches[i] ? " may be edited" : " may not be edited";
    one.append(said);
    return one;
  })));
}

let waiting;
document.addEventListener("input", (event) => {
  const trial = event.target.closest?.("[data-trial]") ?? document.querySelector(`[data-trial="${event.target.id}"]`);
  if (!trial) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => show(trial), 200);
});
const all = () => { for (const trial of document.querySelectorAll("[data-trial]")) show(trial); };
all();
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "editor") all(); });
