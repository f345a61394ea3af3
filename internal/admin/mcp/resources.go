package mcp

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"orgmodes/internal/templates"
)

// resources lists all resources, templates first. A library is bounded, so all of it
// fits into one page.
func (l library) resources(ctx context.Context) ([]*mcp.Resource, error) {
	all, err := l.db.Templates.List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	inEffect, err := l.inEffect(ctx)
	if err != nil {
		return nil, err
	}
	var list []*mcp.Resource
	for _, t := range templates.Sorted(all) {
		r := &mcp.Resource{URI: templatesAt + t.ID.String(), Name: t.Name, Title: "Permission template: " + t.Name, MIMEType: asJSON}
		if t.Description != nil {
			r.Description = *t.Description
		}
		list = append(list, r)
	}
	for _, m := range inEffect {
		list = append(list, &mcp.Resource{URI: m.URI, Name: m.Slug, Title: "Mode: " + m.Name, Description: m.Description, MIMEType: asJSON})
	}
	return list, nil
}

// written encodes v as JSON without escaping HTML: prompts are full of angle brackets.
func written(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.String(), err
}
