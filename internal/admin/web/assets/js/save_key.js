// Ctrl-S or Cmd-S saves, where a page has a button for that.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    document.getElementById("save")?.click();
  }
});

if (/Mac|iP/.test(navigator.platform)) for (const key of document.querySelectorAll("#save kbd")) key.textContent = "⌘S";
