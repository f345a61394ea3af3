// The bar for the selected modes. It is shown while any mode is selected.
function update() {
  const bar = document.querySelector("[data-selection]");
  if (!bar) return;
  const n = document.querySelectorAll(`input[form="${bar.id}"]:checked`).length;
  bar.classList.toggle("has-selection", n > 0);
  bar.querySelector("[data-count]").textContent = n === 1 ? "1 mode chosen" : `${n} modes chosen`;
}

document.addEventListener("change", (event) => { if (event.target.form?.matches("[data-selection]")) update(); });
document.addEventListener("htmx:afterSettle", update);
addEventListener("pageshow", update);
