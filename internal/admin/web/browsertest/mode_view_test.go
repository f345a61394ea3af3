package browsertest

import (
	"testing"
	"time"

	"orgmodes/internal/prove"
)

// The delayed check of the last input becomes due while the request for the other view
// is on its way.
func TestViewChangesRightAfterTyping(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.slow(time.Second)
	b.js(`{
		const name = document.querySelector("#field-name");
		name.value = "Reviewer";
		name.dispatchEvent(new Event("input", { bubbles: true }));
		document.querySelector("#view-yaml").click();
	}`)
	b.until(`document.querySelector(".cm-content")?.innerText.includes("name: Reviewer")`)
	b.slow(0)
	b.write("name: Reviewer\nslug: reviewer\n")
	b.checked("changes")
	b.quiet()
}

// When the other view does not arrive, the last input is still checked.
func TestCheckFollowsViewThatFails(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.slow(time.Minute)
	b.js(`{
		document.addEventListener("htmx:confirm", (event) => { window.held ||= event.target.id === "mode-form" && event.defaultPrevented; });
		const name = document.querySelector("#field-name");
		name.value = "Reviewer";
		name.dispatchEvent(new Event("input", { bubbles: true }));
		document.querySelector("#view-yaml").click();
	}`)
	b.until(`window.held`)
	b.js(`void document.querySelector("#mode-form").dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: {} }))`)
	b.slow(0)
	b.until(`document.querySelector("#side").innerText.includes("name: Reviewer")`)
	b.quiet()
}
