// announce announces text to screen readers without moving the focus. Screen readers need a moment
// to notice each text, so announcements are queued.
export function announce(text) {
  queue.push(text);
  if (queue.length === 1) next();
}

const queue = [], interval = 400;

function next() {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  requestAnimationFrame(() => {
    announcer.textContent = queue[0];
    setTimeout(() => { queue.shift(); if (queue.length) next(); }, interval);
  });
}

// showError shows an error above the content.
export function showError(text) {
  document.querySelector(".flash.from-script")?.remove();
  const box = document.createElement("div");
  box.className = "flash bad from-script";
  box.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = text;
  const reload = document.createElement("button");
  reload.type = "button";
  reload.className = "btn small";
  reload.textContent = "Load the page again";
  reload.addEventListener("click", () => location.reload());
  box.append(line, reload);
  document.querySelector("#main .head")?.before(box);
}
