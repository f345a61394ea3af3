package transfer

import (
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// modeFormat is the API format of modes.
type modeFormat struct{}

func (modeFormat) json(p *Plan) any {
	// The fields of Item, in the same order, so that an Item can be converted.
	type item struct {
		ItemResult
		Slug     string       `json:"slug"`
		Name     string       `json:"name"`
		Becomes  *ObjectNames `json:"becomes,omitempty"`
		Existing *Existing    `json:"existing,omitempty"`
		FreeName string       `json:"free_slug,omitempty"`
		Reason   string       `json:"-"`
		Advice   []Advice     `json:"advice,omitempty"`
		Selected bool         `json:"-"`
	}
	items := make([]item, len(p.Items))
	for i := range items {
		items[i] = item(p.Items[i])
	}
	return struct {
		Result
		Format string     `json:"format,omitempty"`
		Form   modes.Form `json:"form"`
		Modes  []item     `json:"modes"`
		Files  []File     `json:"files,omitempty"`
	}{p.Result, p.Format, p.Form, items, p.Files}
}

func (modeFormat) invalidError(subject string) *fault.Error {
	return fault.New(fault.Invalid, "invalid_modes",
		"%s can't be imported. Nothing was imported: fix them, or import only the valid ones", subject)
}

// filePointer returns a pointer without the configuration, which is not a separate
// level in a file.
func (modeFormat) filePointer(pointer string) string { return strings.TrimPrefix(pointer, "/config") }

// advice returns the advice on how editors would interpret a mode.
func (modeFormat) advice(i imports.Item) (all []Advice) {
	m, _ := i.Object.Spec.(modes.Mode)
	for _, a := range lint.Advise(m) {
		line, column := i.Position(a.Pointer)
		all = append(all, Advice{a, line, column})
	}
	return all
}

// templateFormat is the API format of permission templates.
type templateFormat struct{}

func (templateFormat) json(p *Plan) any {
	type item struct {
		ItemResult
		Slug     string       `json:"-"`
		Name     string       `json:"name"`
		Becomes  *ObjectNames `json:"becomes,omitempty"`
		Existing *Existing    `json:"existing,omitempty"`
		FreeName string       `json:"free_name,omitempty"`
		Reason   string       `json:"reason,omitempty"`
		Advice   []Advice     `json:"-"`
		Selected bool         `json:"-"`
	}
	items := make([]item, len(p.Items))
	for i := range items {
		items[i] = item(p.Items[i])
		switch action := items[i].Action; {
		case action == resource.ActionInvalid || !items[i].Selected:
			items[i].Existing, items[i].ID, items[i].Version = nil, nil, 0
		case action == resource.ActionCreate:
			items[i].Existing = nil
		}
	}
	return struct {
		Result
		Templates []item `json:"templates"`
	}{p.Result, items}
}

func (templateFormat) invalidError(subject string) *fault.Error {
	return fault.New(fault.Invalid, "invalid_templates",
		"%s can't be imported. Nothing was imported: fix them, resolve the conflicts, or import only the valid ones", subject)
}

func (templateFormat) filePointer(pointer string) string { return pointer }

func (templateFormat) advice(imports.Item) []Advice { return nil }
