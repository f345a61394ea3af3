// say announces text to screen readers without moving the focus. Screen readers need a moment
// to notice each text, so announcements are queued.
export function say(text) {
  said.push(text);
  if (said.length === 1) next();
}

const said = [], moment = 400;

function next() {
  const heard = document.getElementById("heard");
  heard.textContent = "";
  requestAnimationFrame(() => {
    heard.textContent = said[0];
    setTimeout(() => { said.shift(); if (said.length) next(); }, moment);
  });
}

// complain shows an error above the content.
export function complain(text) {
  document.querySelector(".said.from-script")?.remove();
  const box = document.createElement("div");
  box.className = "said bad from-script";
  box.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = text;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "btn small";
  again.textContent = "Load the page again";
  again.addEventListener("click", () => location.reload());
  box.append(line, again);
  document.querySelector("#main .head")?.before(box);
}
