package mcp

import (
	"context"
	"fmt"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/templates"
)

type noInput struct{}

type templateRef struct {
	Template string `json:"template" jsonschema:"the template's id or name; capitals make no difference"`
}

// toolsNote explains the fields that an agent must not misread. It accompanies every list
// of allowed tools.
const toolsNote = "An empty allowed_tools means that nothing is allowed without asking, never that all tools are. " +
	"The permission mode decides about everything else."

// noTemplatesNote replaces toolsNote if there are no templates: an agent must not take that for
// a permission.
const noTemplatesNote = "This organization has no permission templates. That allows nothing: without a template an agent gets no permissions from here."

func (l session) listTemplates(ctx context.Context, _ noInput) (any, error) {
	all, err := l.db.Templates.List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	list := make([]jsonast.Map, len(all))
	for i, t := range templates.Sorted(all) {
		for _, f := range presentTemplate(t) {
			if f.Name != "default_system_prompt" { // can be long; get_template returns it
				list[i] = append(list[i], f)
			}
		}
	}
	note := toolsNote
	if len(all) == 0 {
		note = noTemplatesNote
	}
	return struct {
		Templates []jsonast.Map `json:"templates"`
		Note      string        `json:"note"`
	}{list, note}, nil
}

func (l session) getTemplate(ctx context.Context, in templateRef) (any, error) {
	t, err := l.db.Templates.Get(ctx, l.org, in.Template)
	if fault.Is(err, fault.NotFound) {
		return nil, l.templateNotFound(ctx, in.Template, err)
	}
	if err != nil {
		return nil, err
	}
	return append(presentTemplate(t), jsonast.Pair{Name: "note", Value: toolsNote}), nil
}

// presentTemplate returns a template as clients know it, with a description of what it allows.
func presentTemplate(t templates.OrganizationTemplate) jsonast.Map {
	return append(t.Fields(),
		jsonast.Pair{Name: "allows", Value: t.DescribeTools()},
		jsonast.Pair{Name: "uri", Value: templateURIPrefix + t.ID.String()},
	)
}

// templateNotFound returns a not-found error that names the existing templates.
func (l session) templateNotFound(ctx context.Context, requested string, notFound error) error {
	all, err := l.db.Templates.List(ctx, l.org)
	if err != nil {
		return err
	}
	have := "there is none"
	if len(all) > 0 {
		names := make([]string, len(all))
		for i, t := range templates.Sorted(all) {
			names[i] = fmt.Sprintf("%q", t.Name)
		}
		have = "there are " + strings.Join(names, ", ")
	}
	return fault.New(fault.NotFound, templates.CodeNotFound, "There is no permission template %q; %s", requested, have).WithCause(notFound)
}
