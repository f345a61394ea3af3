package mcp

import (
	"context"
	"fmt"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

type modeRef struct {
	Slug string `json:"slug" jsonschema:"the mode's slug, such as code; capitals make no difference"`
}

// mode is one of the modes in effect.
type mode struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	// From is the mode's origin, one of those below.
	From        string `json:"from"`
	Description string `json:"description,omitempty"`
	WhenToUse   string `json:"when_to_use,omitempty"`
	// PermissionTemplate is the name of the permission template that the mode uses.
	PermissionTemplate string        `json:"permission_template,omitempty"`
	URI                string        `json:"uri"`
	Config             *modes.Config `json:"config,omitempty"`
}

// The origins of modes.
const (
	originBuiltin      = "built-in"
	originOrganization = "organization"
	originOverride     = "organization, in place of the built-in one"
)

// effectiveModes returns the modes that editors work with, in their order.
func (l session) effectiveModes(ctx context.Context) ([]mode, error) {
	all, err := l.db.Modes.List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	own := make([]modes.Mode, len(all))
	from := map[string]string{}
	for _, b := range l.builtins {
		from[modes.SlugKey(b.Slug)] = originBuiltin
	}
	for i, m := range all {
		own[i] = m.Mode
		key := modes.SlugKey(m.Slug)
		if from[key] == "" {
			from[key] = originOrganization
		} else {
			from[key] = originOverride
		}
	}
	var list []mode
	for _, m := range modes.Merge(l.builtins, own) {
		list = append(list, mode{
			Slug: m.Slug, Name: m.Name, From: from[modes.SlugKey(m.Slug)], Description: m.Config.Description, WhenToUse: m.Config.WhenToUse,
			PermissionTemplate: m.Config.PermissionTemplate, URI: modeURIPrefix + m.Slug, Config: &m.Config,
		})
	}
	return list, nil
}

func (l session) listModes(ctx context.Context, _ noInput) (any, error) {
	list, err := l.effectiveModes(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list { // can be long; get_mode returns it
		list[i].Config = nil
	}
	return struct {
		Modes []mode `json:"modes"`
	}{list}, nil
}

func (l session) getMode(ctx context.Context, in modeRef) (any, error) {
	list, err := l.effectiveModes(ctx)
	if err != nil {
		return nil, err
	}
	slugs := make([]string, len(list))
	for i, m := range list {
		if modes.SlugKey(m.Slug) == modes.SlugKey(in.Slug) {
			return m, nil
		}
		slugs[i] = m.Slug
	}
	return nil, fault.New(fault.NotFound, "not_found", "%s", fmt.Sprintf("There is no mode %q; there are %s", in.Slug, strings.Join(slugs, ", ")))
}
