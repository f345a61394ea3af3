package browsertest

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"orgmodes/internal/prove"
)

// TestYAMLEditorCompletesManifests writes a manifest by accepting completions.
func TestYAMLEditorCompletesManifests(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/templates/new")
	b.waitFor(`document.querySelector("yaml-editor[data-completion]")`)
	offered := b.texts(".cm-tooltip-autocomplete .cm-completionLabel")

	b.waitForCompletions(map[string][]string{
		"":                               {"kind", "metadata", "spec", "apiVersion"},
		"kind: ":                         {"PermissionTemplate"},
		"spec:\n":                        {"kind", "metadata", "apiVersion"},
		"metadata:\n  name: Careful\n  ": {"labels", "generation", "uid", "creationTimestamp"},
		"spec:\n  permission_mode: ":     {"default", "acceptEdits", "plan", "bypassPermissions"},
		"spec:\n  permission_mode: plan\n  allowed_tools:\n  - Bash\n  ":         {"name", "default_role", "default_system_prompt", "description"},
		"spec:\n  allowed_tools:\n    - Bash\n    - Read\n  default_role: x\n  ": {"permission_mode", "name", "default_system_prompt", "description"},
	})

	b.appendYAML("kind: PermissionTemplate\nmetadata:\n  name: Careful\nspec:\n  ")
	enter := func() {
		b.dispatchEnter(input.KeyDown, false)
		b.dispatchEnter(input.KeyUp, false)
	}
	// accept picks the selected completion. CodeMirror ignores Enter for 75 ms after the
	// list opens, so that a key meant for the text doesn't pick one.
	accept := func() {
		b.js(`new Promise((done) => setTimeout(done, 300))`)
		enter()
	}

	b.typeKeys("perm")
	offered.are("permission_mode")
	b.waitForText(".cm-completionInfo", "What agents may do without asking.")
	b.checkA11yAndConsole()
	b.screenshot("object-completion")
	accept()
	offered.are("default", "acceptEdits", "plan", "bypassPermissions")
	b.typeKeys("pl")
	offered.are("plan")
	accept()
	enter()
	b.typeKeys("all")
	offered.includes("allowed_tools")
	accept()
	b.typeKeys("Gr")
	offered.includes("Grep")
	b.typeKeys("ep" + keyEsc)
	b.waitForNot(`document.querySelector(".cm-tooltip-autocomplete")`)
	b.value("#field-yaml").has("spec:\n  permission_mode: plan\n  allowed_tools:\n    - Grep")

	// The meaning of a key is shown at the pointer.
	var at []float64
	b.do(evaluate(`(() => { const { view } = document.querySelector("yaml-editor"); const r = view.coordsAtPos(view.state.doc.toString().indexOf("allowed_tools") + 3); return [r.left, (r.top + r.bottom) / 2]; })()`, &at))
	b.do(chromedp.MouseEvent(input.MouseMoved, at[0], at[1]))
	b.waitForText(".cm-described", "allowed_tools array The tools that agents may use.")
	b.checkA11yAndConsole()
	b.screenshot("object-hover")

	b.clickAndNavigate("#save")
	b.waitForText(".flash", "Careful is created.")
}

// appendYAML replaces the text in the editor, and moves the cursor to its end.
func (b *browser) appendYAML(text string) {
	b.s.t.Helper()
	b.setYAML(text)
	b.js(`{ const { view } = document.querySelector("yaml-editor"); view.focus(); view.dispatch({ selection: { anchor: view.state.doc.length } }); }`)
}

// waitForCompletions checks the completions at the end of each text.
func (b *browser) waitForCompletions(all map[string][]string) {
	b.s.t.Helper()
	offered := b.texts(".cm-tooltip-autocomplete .cm-completionLabel")
	for text, want := range all {
		b.appendYAML(text)
		b.pressCtrl(" ")
		offered.are(want...)
		b.typeKeys(keyEsc)
		offered.are()
	}
}

// A mode in the format of mode files is completed, too.
func TestYAMLEditorCompletesModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.acceptLeaveDialogs()
	b.open("/orgs/acme/modes/new?view=yaml")
	b.waitFor(`document.querySelector("yaml-editor[data-completion]")`)
	b.waitForCompletions(map[string][]string{
		"":                           {"slug", "name", "roleDefinition", "groups", "whenToUse", "description", "customInstructions", "permissionTemplate"},
		"slug: docs\nname: Docs\nr":  {"roleDefinition"},
		"slug: docs\ngroups:\n  - ":  {"read", "edit", "browser", "command", "mcp", "modes"},
		"slug: docs\ngroups:\n  - r": {"read"},
	})
	b.appendYAML("when")
	b.pressCtrl(" ")
	b.waitForText(".cm-completionInfo", "When to choose this mode.")
	b.checkA11yAndConsole()
	b.screenshot("mode-completion")
	b.checkConsole()
}
