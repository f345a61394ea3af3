package templates

import (
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
)

// The codes of failures that clients tell apart.
const (
	CodeNameTaken      = "template_name_taken"
	CodeNameEmpty      = "template_name_empty"
	CodePermissionMode = "invalid_permission_mode"
	CodeInvalid        = "invalid_template"
	CodeInvalidRequest = "invalid_request"
	CodeNotFound       = "template_not_found"
	CodeInUse          = "template_in_use"
)

// The sentences that clients of the compatible routes compare.
const (
	nameEmpty         = "Template name cannot be empty"
	badPermissionMode = "Invalid permission_mode. Must be one of: default, acceptEdits, plan, bypassPermissions"
	notFound          = "Template not found"
)

// Title is what people see above a failure with this code; empty for codes that
// are not of this package.
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
		return notFound
	case CodeInUse:
		return "Template is in use"
	default:
		return ""
	}
}

// NotFound is the failure where there is no such template, or it is another
// organization's.
func NotFound() *fault.Error { return fault.New(fault.NotFound, CodeNotFound, notFound) }

// NameTaken is the failure where the organization has a template of that name.
// The name is as it was asked for, without its blank edges.
func NameTaken(name string) *fault.Error {
	name = strings.TrimSpace(name)
	return fault.New(fault.Conflict, CodeNameTaken, "Template with name '%s' already exists", name).
		With(fault.Field{Pointer: "/name", Detail: "another template of this organization has this name, capitals make no difference; choose another, or change that template"})
}

// InUse is the failure where a template can't be deleted, with what blocks it in
// Current.
func InUse(name string, users []resource.User) *fault.Error {
	e := fault.New(fault.Conflict, CodeInUse,
		"Template '%s' is used by %s. Nothing was deleted; let them use another one first", name, resource.NameUsers(users))
	e.Current = users
	return e
}

// problem is a place to blame, with the code of what breaks there.
type problem struct {
	fault.Field
	code string
}

// invalid is the failure of all problems together. Its code and sentence are
// those of the first thing that clients know by a sentence of its own.
func invalid(problems []problem) error {
	code, message := CodeInvalid, "This template can't be used as it is."
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
		code, message = CodeNameEmpty, nameEmpty
	case has(CodePermissionMode):
		code, message = CodePermissionMode, badPermissionMode
	}
	return fault.New(fault.Invalid, code, "%s", message).With(fields(problems)...)
}

// fields are the places of problems: the first ones, and whether there are more.
func fields(problems []problem) []fault.Field {
	var all []fault.Field
	for i, p := range problems {
		if i == maxProblems {
			return append(all, fault.Field{Detail: "and more problems"})
		}
		all = append(all, p.Field)
	}
	return all
}
