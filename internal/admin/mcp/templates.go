package mcp

import (
	"context"
	"fmt"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/templates"
)

type nothing struct{}

type templateRef struct {
	Template string `json:"template" jsonschema:"the template's id or name; capitals make no difference"`
}

// noted explains the fields that an agent must not misread. It accompanies every list
// of allowed tools.
const noted = "An empty allowed_tools means that nothing is allowed without asking, never that all tools are. " +
	"The permission mode decides about everything else."

// noTemplates replaces noted if there are no templates: an agent must not take that for
// a permission.
const noTemplates = "This organization has no permission templates. That allows nothing: without a template an agent gets no permissions from here."

func (l library) listTemplates(ctx context.Context, _ nothing) (any, error) {
	all, err := l.db.Templates.List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	list := make([]jsonast.Map, len(all))
	for i, t := range templates.Sorted(all) {
		for _, f := range shown(t) {
			if f.Name != "default_system_prompt" { // can be long; get_template returns it
				list[i] = append(list[i], f)
			}
		}
	}
	note := noted
	if len(all) == 0 {
		note = noTemplates
	}
	return struct {
		Templates []jsonast.Map `json:"templates"`
		Note      string        `json:"note"`
	}{list, note}, nil
}

func (l library) getTemplate(ctx context.Context, in templateRef) (any, error) {
	t, err := l.db.Templates.Get(ctx, l.org, in.Template)
	if fault.Is(err, fault.NotFound) {
		return nil, l.orThese(ctx, in.Template, err)
	}
	if err != nil {
		return nil, err
	}
	return append(shown(t), jsonast.Pair{Name: "note", Value: noted}), nil
}

// shown returns a template as clients know it, with a description of what it allows.
func shown(t templates.OrganizationTemplate) jsonast.Map {
	return append(t.Fields(),
		jsonast.Pair{Name: "allows", Value: t.ToolsInWords()},
		jsonast.Pair{Name: "uri", Value: templatesAt + t.ID.String()},
	)
}

// orThese returns a not-found error that names the existing templates.
func (l library) orThese(ctx context.Context, asked string, notFound error) error {
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
	return fault.New(fault.NotFound, templates.CodeNotFound, "There is no permission template %q; %s", asked, have).Because(notFound)
}
