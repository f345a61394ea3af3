// Package templates defines permission templates: named, reusable permission configurations for
// agents. It does no I/O: it depends on neither storage nor HTTP.
package templates

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// PermissionMode determines what an agent may do without asking.
type PermissionMode string

// The permission modes, from the narrowest to the widest.
const (
	Plan              PermissionMode = "plan"
	Default           PermissionMode = "default"
	AcceptEdits       PermissionMode = "acceptEdits"
	BypassPermissions PermissionMode = "bypassPermissions"
)

// Template holds the user-editable fields of a permission template.
type Template struct {
	// Name identifies the template to users. It is unique in its organization, ignoring case.
	Name           string
	PermissionMode PermissionMode
	// AllowedTools lists tool names and rules (see ParseRule), in the order written. If it is
	// empty, nothing is allowed without asking.
	AllowedTools []string
	// The texts are nil if absent; an empty text is distinct from an absent one.
	DefaultRole, DefaultSystemPrompt, Description *string
}

// OrganizationTemplate is a template that is stored in an organization.
type OrganizationTemplate struct {
	Template
	ID             uuid.UUID
	OrganizationID uuid.UUID
	CreatedBy      string
	UpdatedBy      string
	CreatedAt      time.Time
	UpdatedAt      time.Time
	// Version counts the changes of this template, from 1.
	Version int64
}

// NameKey returns the key by which names are unique. It ignores surrounding blanks and case.
func NameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
