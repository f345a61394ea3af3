// The slug of a new mode follows its name until the user enters one.
import { editor, form } from "./page.js";

export function slugOf(name) {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50).replace(/-+$/, "");
}

let own = Boolean(form()?.elements.touched.value);

document.addEventListener("input", (event) => {
  if (!editor()?.hasAttribute("data-new")) return;
  const slug = form().elements.slug;
  if (event.target === slug) own = slug.value !== "";
  if (event.target === form().elements.name && !own && slug) slug.value = slugOf(event.target.value);
}, true);
