// Exact times in the user's time zone.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

// formatClock returns the time of day, preceded by the date unless it is today.
function formatClock(at) {
  const today = at.toDateString() === new Date().toDateString();
  return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    time.title = exact.format(at);
    const hidden = time.querySelector(".visually-hidden");
    if (hidden) hidden.textContent = ` (${time.title})`;
    if (time.classList.contains("clock") && time.firstChild) time.firstChild.data = formatClock(at);
  }
}

localize(document);
document.addEventListener("htmx:load", (event) => localize(event.detail.elt.parentElement ?? document));
