package mcp

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"orgmodes/internal/templates"
)

// listResources lists all resources, templates first. A library is bounded, so all of it
// fits into one page.
func (l session) listResources(ctx context.Context) ([]*mcp.Resource, error) {
	all, err := l.db.Templates.List(ctx, l.org)
	if err != nil {
		return nil, err
	}
	effective, err := l.effectiveModes(ctx)
	if err != nil {
		return nil, err
	}
	var list []*mcp.Resource
	for _, t := range templates.Sorted(all) {
		r := &mcp.Resource{URI: templateURIPrefix + t.ID.String(), Name: t.Name, Title: "Permission template: " + t.Name, MIMEType: mediaJSON}
		if t.Description != nil {
			r.Description = *t.Description
		}
		list = append(list, r)
	}
	for _, m := range effective {
		list = append(list, &mcp.Resource{URI: m.URI, Name: m.Slug, Title: "Mode: " + m.Name, Description: m.Description, MIMEType: mediaJSON})
	}
	return list, nil
}

// marshal encodes v as JSON without escaping HTML: prompts are full of angle brackets.
func marshal(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.String(), err
}
