package templates

import (
	"slices"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

// Request holds the settings that a caller asks for when spawning an agent from a template. For
// a nil field the template decides.
type Request struct {
	PermissionMode *PermissionMode
	// AllowedTools asks for no tools if it points to an empty list.
	AllowedTools *[]string
	Role         *string
	SystemPrompt *string
}

var requestFields = []string{"permission_mode", "allowed_tools", "role", "system_prompt", "overrides"}

// ReadRequest decodes a request: {"permission_mode", "allowed_tools", "role", "system_prompt"}.
// Each field is at the top level or within "overrides", not in both. An absent or null field
// asks for nothing; an empty list asks for no tools. Errors are *fault.Error, as for
// ReadTemplate.
func ReadRequest(data []byte, tools Tools) (Request, error) {
	n, err := parseBody(data)
	if err != nil {
		return Request{}, err
	}
	var d decoder
	var r Request
	d.request(n, "", &r)
	// The rules of templates apply to requests, too. A request has no name.
	t := Template{Name: "x", PermissionMode: Default, DefaultRole: r.Role, DefaultSystemPrompt: r.SystemPrompt}
	if r.PermissionMode != nil {
		t.PermissionMode = *r.PermissionMode
	}
	if r.AllowedTools != nil {
		t.AllowedTools = *r.AllowedTools
		t = t.Normalized()
		r.AllowedTools = &t.AllowedTools
	}
	for _, p := range t.problems(tools) {
		p.Pointer = requestPointer(n, p.Pointer)
		if slices.ContainsFunc(d.problems, func(b problem) bool { return jsonast.Overlap(b.Pointer, p.Pointer) }) {
			continue
		}
		p.Line, p.Column = n.Position(p.Pointer)
		d.problems = append(d.problems, p)
	}
	d.sort()
	if f, ok := fault.As(d.err()); ok {
		if f.Code == CodeInvalid {
			f.Code, f.Message = CodeInvalidRequest, "This request is invalid."
		}
		return Request{}, f
	}
	return r, nil
}

// requestPointer converts a pointer into a template to the one into a request.
func requestPointer(n *jsonast.Node, pointer string) string {
	for inTemplate, inRequest := range map[string]string{"/default_role": "/role", "/default_system_prompt": "/system_prompt"} {
		if pointer == inTemplate {
			pointer = inRequest
		}
	}
	if _, exact := n.Find("/overrides" + pointer); exact {
		return "/overrides" + pointer
	}
	return pointer
}

// request decodes one level of a request.
func (d *decoder) request(n *jsonast.Node, prefix string, r *Request) {
	names := requestFields
	if prefix != "" {
		names = names[:len(names)-1]
	}
	within := decoder{}
	within.object(n, "a request", names, func(f jsonast.Field, at string) bool {
		if !slices.Contains(names, f.Name) {
			return false
		}
		if f.Value.Kind == jsonast.Null {
			return true
		}
		twice := false
		switch f.Name {
		case "permission_mode":
			twice = r.PermissionMode != nil
			if s := within.optionalText(f.Value, at); s != nil {
				r.PermissionMode = new(PermissionMode(*s))
			}
		case "allowed_tools":
			twice = r.AllowedTools != nil
			if tools, ok := within.tools(f.Value, at); ok {
				r.AllowedTools = &tools
			}
		case "role":
			twice = r.Role != nil
			r.Role = within.optionalText(f.Value, at)
		case "system_prompt":
			twice = r.SystemPrompt != nil
			r.SystemPrompt = within.optionalText(f.Value, at)
		case "overrides":
			d.request(f.Value, at, r)
		}
		if twice {
			within.addProblem(at, f.Line, f.Column, "%s is given here and in overrides; keep one", f.Name)
		}
		return true
	})
	for _, p := range within.problems {
		p.Pointer = prefix + p.Pointer
		d.problems = append(d.problems, p)
	}
}
