package browsertest

import (
	"testing"
	"time"

	"orgmodes/internal/prove"
)

// The delayed check of the last input becomes due while the request for the other view
// is on its way.
func TestSwitchingViewKeepsLastInput(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.throttle(time.Second)
	b.js(`{
		const name = document.querySelector("#field-name");
		name.value = "Reviewer";
		name.dispatchEvent(new Event("input", { bubbles: true }));
		document.querySelector("#view-yaml").click();
	}`)
	b.waitFor(`document.querySelector(".cm-content")?.innerText.includes("name: Reviewer")`)
	b.throttle(0)
	b.setYAML("name: Reviewer\nslug: reviewer\n")
	b.waitForCheck("changes")
	b.checkConsole()
}

// When the other view does not arrive, the last input is still checked.
func TestFailedViewSwitchStillChecksInput(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.throttle(time.Minute)
	b.js(`{
		document.addEventListener("htmx:confirm", (event) => { window.held ||= event.target.id === "mode-form" && event.defaultPrevented; });
		const name = document.querySelector("#field-name");
		name.value = "Reviewer";
		name.dispatchEvent(new Event("input", { bubbles: true }));
		document.querySelector("#view-yaml").click();
	}`)
	b.waitFor(`window.held`)
	b.js(`void document.querySelector("#mode-form").dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: {} }))`)
	b.throttle(0)
	b.waitFor(`document.querySelector("#side").innerText.includes("name: Reviewer")`)
	b.checkConsole()
}
