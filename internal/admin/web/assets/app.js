// The scripts of every page. Pages work without them, but are slower to use.
import "./js/htmx.js";
import "./js/times.js";
import "./js/platform.js";
import "./js/menus.js";
import "./js/dialogs.js";
import "./js/keys.js";
import "./js/selection.js";
import "./js/select_all.js";
import "./js/order.js";
import "./js/search.js";
import "./js/copy.js";
import "./js/import.js";
import "./js/events.js";
import "./js/palette.js";
import "./js/diff.js";

document.documentElement.classList.add("scripts");
document.querySelector("[data-focus]")?.focus();
