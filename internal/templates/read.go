package templates

import "orgmodes/internal/jsonast"

// ReadTemplate decodes a whole template, to create or to replace one: {"name",
// "permission_mode", "allowed_tools", "default_role", "default_system_prompt", "description"}.
// All but the first two may be absent or null. Fields set by the server are ignored, so that a
// response can be sent back; unknown ones are refused. The error is a *fault.Error: Malformed
// if data isn't JSON, Invalid with the position of each problem, or TooLarge.
func ReadTemplate(data []byte, tools Tools) (Template, error) {
	n, err := parseBody(data)
	if err != nil {
		return Template{}, err
	}
	return readTemplate(n, tools)
}

// readTemplate is ReadTemplate for a parsed text.
func readTemplate(n *jsonast.Node, tools Tools) (Template, error) {
	var d decoder
	t := d.finish(d.template(n), tools, n.Position)
	if err := d.err(); err != nil {
		return Template{}, err
	}
	return t, nil
}

func parseBody(data []byte) (*jsonast.Node, error) {
	if err := checkBody(data); err != nil {
		return nil, err
	}
	return parseJSON(data, bodyBudget())
}

func parseJSON(data []byte, b *jsonast.Budget) (*jsonast.Node, error) {
	return (&jsonast.JSON{Budget: b}).Parse(data)
}

// UnmarshalJSON decodes the output of MarshalJSON. It checks types, not rules: a template that
// was valid when it was stored stays readable.
func (t *Template) UnmarshalJSON(data []byte) error {
	n, err := parseBody(data)
	if err != nil {
		return err
	}
	var d decoder
	out := d.template(n)
	if err := d.err(); err != nil {
		return err
	}
	*t = out
	return nil
}

// UnmarshalJSON decodes the output of MarshalJSON. Fields of t outside the shape that clients
// know, such as the organization and the version, stay unchanged.
func (t *OrganizationTemplate) UnmarshalJSON(data []byte) error {
	n, err := parseBody(data)
	if err != nil {
		return err
	}
	var d decoder
	template, ident := d.template(n), d.identity(n)
	if err := d.err(); err != nil {
		return err
	}
	t.Template = template
	t.ID, t.CreatedAt, t.UpdatedAt = ident.id, ident.createdAt, ident.updatedAt
	return nil
}
