package templates

import "orgmodes/internal/jsonast"

// ReadTemplate reads a whole template, to create or to replace one:
// {"name", "permission_mode", "allowed_tools", "default_role",
// "default_system_prompt", "description"}; all but the first two may be absent or
// null. Fields that the server makes are passed over, so that what was given out
// can be sent back; unknown ones are refused. The error is a *fault.Error:
// Malformed where this is not JSON, Invalid with the position of each problem,
// TooLarge.
func ReadTemplate(data []byte, tools Tools) (Template, error) {
	n, err := parseBody(data)
	if err != nil {
		return Template{}, err
	}
	return readTemplate(n, tools)
}

// readTemplate is ReadTemplate for a text that was parsed.
func readTemplate(n *jsonast.Node, tools Tools) (Template, error) {
	var d decoder
	t := d.judge(d.template(n), tools, n.Position)
	if err := d.failure(); err != nil {
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

// UnmarshalJSON reads what MarshalJSON writes. It judges types, not rules: what
// was valid once can be read forever.
func (t *Template) UnmarshalJSON(data []byte) error {
	n, err := parseBody(data)
	if err != nil {
		return err
	}
	var d decoder
	out := d.template(n)
	if err := d.failure(); err != nil {
		return err
	}
	*t = out
	return nil
}

// UnmarshalJSON reads what MarshalJSON writes. Of what is not in the shape that
// clients know (the organization, the version) it leaves t as it is.
func (t *OrganizationTemplate) UnmarshalJSON(data []byte) error {
	n, err := parseBody(data)
	if err != nil {
		return err
	}
	var d decoder
	template, made := d.template(n), d.identity(n)
	if err := d.failure(); err != nil {
		return err
	}
	t.Template = template
	t.ID, t.CreatedAt, t.UpdatedAt = made.id, made.createdAt, made.updatedAt
	return nil
}
