// Package templates knows permission templates: named, reusable permission
// configurations for agents. It is pure: it knows neither stores nor HTTP.
package templates

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// PermissionMode is how far an agent may go without asking.
type PermissionMode string

// The permission modes, from the one that asks most to the one that never asks.
const (
	Plan              PermissionMode = "plan"
	Default           PermissionMode = "default"
	AcceptEdits       PermissionMode = "acceptEdits"
	BypassPermissions PermissionMode = "bypassPermissions"
)

// Template is what a person writes of one.
type Template struct {
	// Name is how people know it, unique in its organization whatever its case.
	Name           string
	PermissionMode PermissionMode
	// AllowedTools are tool names and rules (see ParseRule), in the order written.
	// Empty means that nothing is allowed without asking.
	AllowedTools []string
	// The texts are nil where there is none; an empty one was given as empty.
	DefaultRole, DefaultSystemPrompt, Description *string
}

// OrganizationTemplate is a template that an organization has.
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

// NameKey is what two names have in common that can't both be had: blank edges
// and case make no difference.
func NameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
