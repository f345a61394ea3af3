package templates

import "slices"

// PermissionModeInfo describes a permission mode to users.
type PermissionModeInfo struct {
	Mode PermissionMode
	// Allows describes in a sentence or two what agents do without asking.
	Allows string
}

// PermissionModes returns the permission modes in display order.
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

// byWidth lists the permission modes from the narrowest to the widest.
//
// The order is total because, without approval, each mode allows a superset of the one before.
// Plan changes nothing, default allows the allowed tools, acceptEdits adds edits, and
// bypassPermissions allows everything. The sets of actions that a user can still approve are
// nested in the same order. Plan is narrower than default although it asks less often: there is
// less that it could do.
//
// The order compares modes, not templates. Plan with a long list of tools is still narrower
// than default with an empty one.
var byWidth = []PermissionMode{Plan, Default, AcceptEdits, BypassPermissions}

// Within reports whether m allows nothing beyond o. It is false if either mode is unknown.
func (m PermissionMode) Within(o PermissionMode) bool {
	i, j := slices.Index(byWidth, m), slices.Index(byWidth, o)
	return i >= 0 && j >= 0 && i <= j
}
