package templates

import "slices"

// PermissionModeInfo is what a form says about a permission mode.
type PermissionModeInfo struct {
	Mode PermissionMode
	// Allows is one sentence.
	Allows string
}

// PermissionModes returns the permission modes in the order in which they are
// named to people.
func PermissionModes() []PermissionModeInfo {
	return []PermissionModeInfo{
		{Default, "Asks before everything that is not among the allowed tools."},
		{AcceptEdits, "Edits files without asking, and asks before everything else that is not among the allowed tools."},
		{Plan, "Looks and plans; changes nothing, whatever the allowed tools are."},
		{BypassPermissions, "Never asks. The allowed tools restrict nothing."},
	}
}

// Known reports whether m is one of the permission modes.
func (m PermissionMode) Known() bool { return slices.Contains(byWidth, m) }

// byWidth orders the permission modes from the narrowest.
//
// The order is total because the sets of what happens without a person's word
// lie within one another: nothing that changes anything (plan), the allowed tools
// (default), those and edits (acceptEdits), everything (bypassPermissions). What
// a person may still agree to lies within one another in the same order. Plan is
// narrower than default although it asks less: it asks less because there is less
// that it could do.
//
// It compares modes, not templates: plan with a long list of tools and default
// with an empty one still compare as plan and default do.
var byWidth = []PermissionMode{Plan, Default, AcceptEdits, BypassPermissions}

// Within reports whether m allows nothing that o doesn't. A mode that is none is
// within nothing, and nothing is within it.
func (m PermissionMode) Within(o PermissionMode) bool {
	i, j := slices.Index(byWidth, m), slices.Index(byWidth, o)
	return i >= 0 && j >= 0 && i <= j
}
