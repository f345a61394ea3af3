package mcp

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
)

type objectRef struct {
	Name string `json:"name" jsonschema:"the object's name or id"`
}

// addKindTools adds the tools of the kinds that have no dedicated tools.
func (l session) addKindTools(s *mcp.Server) {
	for _, k := range l.db.GenericKinds() {
		names := k.Names()
		mcp.AddTool(s, readOnlyTool("list_"+names.Plural, "List "+names.Plural, "Lists the organization's "+names.Plural+", as manifests."),
			toolHandler(l, func(ctx context.Context, _ noInput) (any, error) { return l.listObjects(ctx, k) }))
		mcp.AddTool(s, readOnlyTool("get_"+names.Singular, "Get a "+names.Noun, "Returns one "+names.Noun+", as a manifest."),
			toolHandler(l, func(ctx context.Context, in objectRef) (any, error) { return l.getObject(ctx, k, in) }))
	}
}

func (l session) listObjects(ctx context.Context, k resource.Kind) (any, error) {
	all, err := l.db.Objects(k.Names().Singular).List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	list := make([]jsonast.Map, len(all))
	for i, o := range all {
		list[i] = manifest.FromObject(k, o)
	}
	return map[string]any{k.Names().Plural: list}, nil
}

func (l session) getObject(ctx context.Context, k resource.Kind, in objectRef) (any, error) {
	o, err := l.db.Objects(k.Names().Singular).Get(ctx, l.org, in.Name)
	if err != nil {
		return nil, err
	}
	return manifest.FromObject(k, o), nil
}
