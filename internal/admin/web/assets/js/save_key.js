// Ctrl-S or Cmd-S clicks the page's save button, if any.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    document.getElementById("save")?.click();
  }
});

if (/Mac|iP/.test(navigator.platform)) for (const key of document.querySelectorAll("#save kbd")) key.textContent = "⌘S";
