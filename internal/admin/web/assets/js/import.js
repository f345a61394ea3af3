// Files can be dropped anywhere on the import page. Of a folder, only the files that can hold
// modes are uploaded.
const form = document.querySelector("[data-import]");
const most = Number(form?.dataset.most);
const mayHold = (name) => /(^|\/)\.?(roomodes|kilocodemodes)$|\.(ya?ml|json|zip)$/i.test(name) && !/(^|\/)(node_modules|\.git|__MACOSX)\//.test(name);

const pathOf = new WeakMap();
const nameOf = (file) => pathOf.get(file) ?? (file.webkitRelativePath || file.name);

// keep sets the files of a field and shows their name or number, and their size.
function keep(field, files, all) {
  const list = new DataTransfer();
  for (const file of files) list.items.add(file);
  field.files = list.files;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const said = form.querySelector("[data-dropped]");
  said.textContent = files.length === 0 ? (all ? `None of ${all} files can hold modes.` : "")
    : `${files.length === 1 ? nameOf(files[0]) : `${files.length} files`}${all > files.length ? ` of ${all}` : ""}, ${Math.ceil(bytes / 1000)} KB`;
  field.setCustomValidity(bytes > most ? "This is more than 10 MB. Choose fewer files." : "");
  if (bytes > most) field.reportValidity();
}

// walk appends the files of a dropped entry to into; path is the folder that holds the entry.
async function walk(entry, into, path = "") {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    const name = path + entry.name;
    into.push(path ? new File([file], name, { type: file.type }) : file);
    return;
  }
  if (/^(node_modules|\.git|__MACOSX)$/.test(entry.name)) return;
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    for (const child of some) await walk(child, into, `${path}${entry.name}/`);
  }
}

if (form) {
  const files = form.querySelector("#import-files");
  const folder = form.querySelector("#import-folder");
  files.addEventListener("change", () => keep(files, [...files.files], files.files.length));
  folder.addEventListener("change", () => {
    const all = [...folder.files];
    keep(folder, all.filter((file) => mayHold(nameOf(file))), all.length);
  });
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  let inside = 0;
  addEventListener("dragenter", (event) => { if (carries(event)) { inside++; form.classList.add("dropping"); } });
  addEventListener("dragleave", (event) => { if (carries(event) && --inside <= 0) { inside = 0; form.classList.remove("dropping"); } });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    inside = 0;
    form.classList.remove("dropping");
    const found = [];
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) for (const entry of entries) await walk(entry, found);
    else found.push(...event.dataTransfer.files);
    const single = found.length === 1;
    keep(files, single ? found : found.filter((file) => mayHold(nameOf(file))), found.length);
  });
}

// The plan shows how many modes are checked.
const plan = document.querySelector("[data-plan]");
plan?.addEventListener("change", () => {
  const n = plan.querySelectorAll('input[name="take"]:checked').length;
  plan.querySelector("[data-plan-sum] b").textContent = n === 0 ? "No changes selected" : `${n === 1 ? "1 mode" : `${n} modes`} selected`;
});
