package templates

import (
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
)

// The error codes that clients distinguish.
const (
	CodeNameTaken      = "template_name_taken"
	CodeNameEmpty      = "template_name_empty"
	CodePermissionMode = "invalid_permission_mode"
	CodeInvalid        = "invalid_template"
	CodeInvalidRequest = "invalid_request"
	CodeNotFound       = "template_not_found"
	CodeInUse          = "template_in_use"
)

// The messages that clients of the compatible routes compare.
const (
	nameEmptyMessage      = "Template name cannot be empty"
	permissionModeMessage = "Invalid permission_mode. Must be one of: default, acceptEdits, plan, bypassPermissions"
	notFoundMessage       = "Template not found"
)

// Title returns the user-visible title of a failure with this code. It returns "" for codes of
// other packages.
func Title(code string) string {
	switch code {
	case CodeNameTaken:
		return "Template name already exists"
	case CodeNameEmpty:
		return "Template name is empty"
	case CodePermissionMode:
		return "Invalid permission mode"
	case CodeInvalid:
		return "Invalid template"
	case CodeInvalidRequest:
		return "Invalid request"
	case CodeNotFound:
		return notFoundMessage
	case CodeInUse:
		return "Template is in use"
	default:
		return ""
	}
}

// NotFound returns the error for a template that doesn't exist or belongs to another
// organization.
func NotFound() *fault.Error { return fault.New(fault.NotFound, CodeNotFound, notFoundMessage) }

// NameTaken returns the error for a name that another template of the organization has. The
// message has the requested name, trimmed.
func NameTaken(name string) *fault.Error {
	name = strings.TrimSpace(name)
	return fault.New(fault.Conflict, CodeNameTaken, "Template with name '%s' already exists", name).
		With(fault.Field{Pointer: "/name", Detail: "another template of this organization has this name, ignoring case; choose another name, or change that template"})
}

// InUse returns the error for a template that can't be deleted. Its Current lists the
// referrers that block it.
func InUse(name string, referrers []resource.Referrer) *fault.Error {
	e := fault.New(fault.Conflict, CodeInUse,
		"Template '%s' is used by %s. Nothing was deleted; change them to use another template first", name, resource.FormatReferrers(referrers))
	e.Current = referrers
	return e
}

// problem is a problem at one field, with its error code, if any.
type problem struct {
	fault.Field
	code string
}

// invalidError returns one error for all problems. CodeNameEmpty takes precedence, then
// CodePermissionMode: clients know their messages. Otherwise the code is CodeInvalid.
func invalidError(problems []problem) error {
	code, message := CodeInvalid, "This template is invalid."
	has := func(code string) bool {
		for _, p := range problems {
			if p.code == code {
				return true
			}
		}
		return false
	}
	switch {
	case has(CodeNameEmpty):
		code, message = CodeNameEmpty, nameEmptyMessage
	case has(CodePermissionMode):
		code, message = CodePermissionMode, permissionModeMessage
	}
	return fault.New(fault.Invalid, code, "%s", message).With(problemFields(problems)...)
}

// problemFields returns the first maxProblems fields to blame, and a note if there are more.
func problemFields(problems []problem) []fault.Field {
	var all []fault.Field
	for i, p := range problems {
		if i == maxProblems {
			return append(all, fault.Field{Detail: "and more problems"})
		}
		all = append(all, p.Field)
	}
	return all
}
