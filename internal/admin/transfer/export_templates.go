package transfer

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

// The formats of permission templates.
const (
	// FormatFile is a single template, in the format of {template_id}.json.
	FormatFile = "file"
	// FormatEnvelope includes the time of the export.
	FormatEnvelope = "envelope"
	// FormatArray is a list of templates.
	FormatArray = "json"
)

// TemplateFormats returns all export formats of templates, the default first. FormatZip
// is the folder of {template_id}.json files.
func TemplateFormats() []string { return []string{FormatZip, FormatFile, FormatEnvelope, FormatArray} }

// TemplateExport selects the templates to write and their format.
type TemplateExport struct {
	// Refs are the templates to write, by id or name; none means all.
	Refs []string
	// Format is one of TemplateFormats.
	Format string
}

// WriteTemplates returns a file of an organization's permission templates, sorted by
// name.
func WriteTemplates(ctx context.Context, db *postgres.DB, org uuid.UUID, e TemplateExport) ([]byte, error) {
	all, err := e.Select(ctx, db, org)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	switch {
	case e.Format == FormatZip:
		return templates.WriteArchive(all)
	case e.Format == FormatEnvelope && len(e.Refs) == 1:
		return templates.WriteEnvelope(all[0], now), nil
	case e.Format == FormatEnvelope:
		return templates.WriteEnvelopes(all, now), nil
	case e.Format == FormatArray:
		return json.MarshalIndent(all, "", "  ")
	case len(e.Refs) == 1:
		return templates.WriteFile(all[0]), nil
	default:
		return nil, fault.New(fault.Malformed, "malformed_query", "format=%s exports exactly one template; specify which", FormatFile)
	}
}

// Select returns the templates to write.
func (e TemplateExport) Select(ctx context.Context, db *postgres.DB, org uuid.UUID) ([]templates.OrganizationTemplate, error) {
	if len(e.Refs) == 0 {
		all, err := db.Templates.List(ctx, org)
		return templates.Sorted(all), err
	}
	var selected []templates.OrganizationTemplate
	for _, ref := range e.Refs {
		t, err := db.Templates.Get(ctx, org, ref)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(selected, func(c templates.OrganizationTemplate) bool { return c.ID == t.ID }) {
			selected = append(selected, t)
		}
	}
	return templates.Sorted(selected), nil
}

// MediaType returns the Content-Type of the exported file.
func (e TemplateExport) MediaType() string {
	if e.Format == FormatZip {
		return "application/zip"
	}
	return "application/json; charset=utf-8"
}

// Name returns the name of an exported file: "acme.templates.zip",
// "acme.templates.json", and "acme.template.json" for a single template.
func (e TemplateExport) Name(orgSlug string) string {
	switch {
	case e.Format == FormatZip:
		return orgSlug + ".templates.zip"
	case len(e.Refs) == 1:
		return orgSlug + ".template.json"
	default:
		return orgSlug + ".templates.json"
	}
}
