// Files can be dropped anywhere on the import page. Of a folder, only the files that can hold
// modes are uploaded.
const form = document.querySelector("[data-import]");
const maxBytes = Number(form?.dataset.maxBytes);
const canHoldModes = (name) => /(^|\/)\.?(roomodes|kilocodemodes)$|\.(ya?ml|json|zip)$/i.test(name) && !/(^|\/)(node_modules|\.git|__MACOSX)\//.test(name);

const pathOf = new WeakMap();
const nameOf = (file) => pathOf.get(file) ?? (file.webkitRelativePath || file.name);

// setFiles sets the files of a field and shows their name or number, and their size.
function setFiles(field, files, all) {
  const list = new DataTransfer();
  for (const file of files) list.items.add(file);
  field.files = list.files;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const summary = form.querySelector("[data-file-summary]");
  summary.textContent = files.length === 0 ? (all ? `None of ${all} files can hold modes.` : "")
    : `${files.length === 1 ? nameOf(files[0]) : `${files.length} files`}${all > files.length ? ` of ${all}` : ""}, ${Math.ceil(bytes / 1000)} KB`;
  field.setCustomValidity(bytes > maxBytes ? "This is more than 10 MB. Choose fewer files." : "");
  if (bytes > maxBytes) field.reportValidity();
}

// walk appends the files of a dropped entry to collected; path is the folder that holds the entry.
async function walk(entry, collected, path = "") {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    const name = path + entry.name;
    collected.push(path ? new File([file], name, { type: file.type }) : file);
    return;
  }
  if (/^(node_modules|\.git|__MACOSX)$/.test(entry.name)) return;
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, collected, `${path}${entry.name}/`);
  }
}

if (form) {
  const files = form.querySelector("#import-files");
  const folder = form.querySelector("#import-folder");
  files.addEventListener("change", () => setFiles(files, [...files.files], files.files.length));
  folder.addEventListener("change", () => {
    const all = [...folder.files];
    setFiles(folder, all.filter((file) => canHoldModes(nameOf(file))), all.length);
  });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  let dragDepth = 0;
  addEventListener("dragenter", (event) => { if (hasFiles(event)) { dragDepth++; form.classList.add("dropping"); } });
  addEventListener("dragleave", (event) => { if (hasFiles(event) && --dragDepth <= 0) { dragDepth = 0; form.classList.remove("dropping"); } });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dragDepth = 0;
    form.classList.remove("dropping");
    const found = [];
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) for (const entry of entries) await walk(entry, found);
    else found.push(...event.dataTransfer.files);
    const single = found.length === 1;
    setFiles(files, single ? found : found.filter((file) => canHoldModes(nameOf(file))), found.length);
  });
}

// The plan shows how many modes are checked.
const plan = document.querySelector("[data-plan]");
plan?.addEventListener("change", () => {
  const n = plan.querySelectorAll('input[name="take"]:checked').length;
  plan.querySelector("[data-plan-summary] b").textContent = n === 0 ? "No changes selected" : `${n === 1 ? "1 mode" : `${n} modes`} selected`;
});
