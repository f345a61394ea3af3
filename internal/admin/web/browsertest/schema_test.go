package browsertest

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"orgmodes/internal/prove"
)

// TestManifestsAreCompletedFromTheSchema writes a manifest by accepting completions.
func TestManifestsAreCompletedFromTheSchema(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/templates/new")
	b.until(`document.querySelector("yaml-editor[data-completes]")`)
	offered := b.texts(".cm-tooltip-autocomplete .cm-completionLabel")

	b.offersAfter(map[string][]string{
		"":                               {"kind", "metadata", "spec", "apiVersion"},
		"kind: ":                         {"PermissionTemplate"},
		"spec:\n":                        {"kind", "metadata", "apiVersion"},
		"metadata:\n  name: Careful\n  ": {"labels", "generation", "uid", "creationTimestamp"},
		"spec:\n  permission_mode: ":     {"default", "acceptEdits", "plan", "bypassPermissions"},
		"spec:\n  permission_mode: plan\n  allowed_tools:\n  - Bash\n  ":         {"name", "default_role", "default_system_prompt", "description"},
		"spec:\n  allowed_tools:\n    - Bash\n    - Read\n  default_role: x\n  ": {"permission_mode", "name", "default_system_prompt", "description"},
	})

	b.writeToEnd("kind: PermissionTemplate\nmetadata:\n  name: Careful\nspec:\n  ")
	enter := func() {
		b.returnKey(input.KeyDown, false)
		b.returnKey(input.KeyUp, false)
	}
	// accept picks the selected completion. CodeMirror ignores Enter for 75 ms after the
	// list opens, so that a key meant for the text doesn't pick one.
	accept := func() {
		b.js(`new Promise((done) => setTimeout(done, 300))`)
		enter()
	}

	b.keyboard("perm")
	offered.are("permission_mode")
	b.seen(".cm-completionInfo", "What agents may do without asking.")
	b.sound()
	b.shot("object-completion")
	accept()
	offered.are("default", "acceptEdits", "plan", "bypassPermissions")
	b.keyboard("pl")
	offered.are("plan")
	accept()
	enter()
	b.keyboard("all")
	offered.includes("allowed_tools")
	accept()
	b.keyboard("Gr")
	offered.includes("Grep")
	b.keyboard("ep" + keyEsc)
	b.untilNot(`document.querySelector(".cm-tooltip-autocomplete")`)
	b.value("#field-yaml").has("spec:\n  permission_mode: plan\n  allowed_tools:\n    - Grep")

	// The meaning of a key is shown at the pointer.
	var at []float64
	b.do(evaluate(`(() => { const { view } = document.querySelector("yaml-editor"); const r = view.coordsAtPos(view.state.doc.toString().indexOf("allowed_tools") + 3); return [r.left, (r.top + r.bottom) / 2]; })()`, &at))
	b.do(chromedp.MouseEvent(input.MouseMoved, at[0], at[1]))
	b.seen(".cm-described", "allowed_tools array The tools that agents may use.")
	b.sound()
	b.shot("object-hover")

	b.follow("#save")
	b.seen(".said", "Careful is created.")
}

// writeToEnd replaces the text in the editor, and moves the cursor to its end.
func (b *browser) writeToEnd(text string) {
	b.s.t.Helper()
	b.write(text)
	b.js(`{ const { view } = document.querySelector("yaml-editor"); view.focus(); view.dispatch({ selection: { anchor: view.state.doc.length } }); }`)
}

// offersAfter checks the completions at the end of each text.
func (b *browser) offersAfter(all map[string][]string) {
	b.s.t.Helper()
	offered := b.texts(".cm-tooltip-autocomplete .cm-completionLabel")
	for text, want := range all {
		b.writeToEnd(text)
		b.ctrl(" ")
		offered.are(want...)
		b.keyboard(keyEsc)
		offered.are()
	}
}

// A mode in the format of mode files is completed, too.
func TestModesAsYAMLAreCompleted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.acceptLeaving()
	b.open("/orgs/acme/modes/new?view=yaml")
	b.until(`document.querySelector("yaml-editor[data-completes]")`)
	b.offersAfter(map[string][]string{
		"":                           {"slug", "name", "roleDefinition", "groups", "whenToUse", "description", "customInstructions", "permissionTemplate"},
		"slug: docs\nname: Docs\nr":  {"roleDefinition"},
		"slug: docs\ngroups:\n  - ":  {"read", "edit", "browser", "command", "mcp", "modes"},
		"slug: docs\ngroups:\n  - r": {"read"},
	})
	b.writeToEnd("when")
	b.ctrl(" ")
	b.seen(".cm-completionInfo", "When to choose this mode.")
	b.sound()
	b.shot("mode-completion")
	b.quiet()
}
