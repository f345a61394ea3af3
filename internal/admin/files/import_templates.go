package files

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

// TemplateLine is what becomes of one permission template of a file.
type TemplateLine struct {
	Verdict
	// Name is that of the file; Becomes is there where it is kept under another.
	Name    string `json:"name"`
	Becomes *Named `json:"becomes,omitempty"`
	// Existing is the template that it is, or that is in its way, before the
	// import, and FreeName what it would be called beside that one.
	Existing *Existing `json:"existing,omitempty"`
	FreeName string    `json:"free_name,omitempty"`
	// Reason says what is in its way.
	Reason string `json:"reason,omitempty"`
}

// TemplatePlan is what an import of permission templates does, or did.
type TemplatePlan struct {
	Outcome
	Templates []TemplateLine `json:"templates"`
}

// ImportTemplates imports files of permission templates, as ImportModes does those
// of modes.
func ImportTemplates(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import[templates.Choices]) (*TemplatePlan, error) {
	read, err := ReadTemplates(ctx, in.Files, db.Tools)
	if err != nil {
		return nil, err
	}
	return importing[templates.OrganizationTemplate, templates.ImportPlan, *TemplatePlan]{
		at: db.Templates.At, do: db.Templates.Import,
		plan: func(existing []templates.OrganizationTemplate) (templates.ImportPlan, error) {
			return templates.PlanImport(existing, read, in.Choices)
		},
		refusal: func(p templates.ImportPlan) error {
			if in.OnlyValid || p.TooMuch != nil {
				return p.TooMuch
			}
			return unusableTemplates(p, in.Choices)
		},
		wanted: templates.ImportPlan.Wanted,
		tell:   templatePlanOf,
		advise: func(*TemplatePlan, templates.ImportPlan) {},
	}.run(ctx, by, org, in.DryRun, in.Seen)
}

// ReadTemplates reads what was brought: files of permission templates, or a zip
// file of them. The error is a *fault.Error where all of it can't be used.
func ReadTemplates(ctx context.Context, brought []upload.File, tools templates.Tools) (templates.Files, error) {
	if len(brought) != 1 {
		return templates.Read(ctx, brought, tools)
	}
	switch only := brought[0]; {
	case IsArchive(only.Data):
		return templates.ReadArchive(ctx, only.Data, tools)
	case len(only.Data) > upload.MaxUploadBytes:
		return templates.Files{}, fault.New(fault.TooLarge, "upload_too_large",
			"This is %d bytes; one upload can have at most %d MiB. Split it into several files.", len(only.Data), upload.MaxUploadBytes>>20)
	case !strings.EqualFold(path.Ext(only.Name), ".json"):
		return templates.ReadFile(ctx, only.Data, tools) // a file by itself is what it holds, whatever it is called
	default:
		return templates.Read(ctx, brought, tools)
	}
}

// templatePlanOf is planOf for templates.
func templatePlanOf(p templates.ImportPlan, done []postgres.Imported[templates.OrganizationTemplate], budget *diff.Budget) *TemplatePlan {
	out := &TemplatePlan{
		Outcome:   Outcome{Notices: p.Notices, TooMuch: refusalOf(p.TooMuch), Summary: summaryOf(p.Count)},
		Templates: make([]TemplateLine, len(p.Templates)),
	}
	for i, t := range p.Templates {
		l := templateLineOf(t, budget)
		if l.wanted() && len(done) > 0 {
			l.is(done[0].Object.ID, done[0].Object.Version)
			if t.ID != uuid.Nil && t.ID != done[0].Object.ID {
				line, column := t.Position("/template_id")
				l.Notices = append(slices.Clip(l.Notices), resource.Notice{
					File: l.File, Pointer: "/template_id", Detail: "made under a new id, as this one is taken", Line: line, Column: column,
				})
			}
			done = done[1:]
		}
		out.Templates[i] = l
	}
	return out
}

func templateLineOf(t templates.Planned, budget *diff.Budget) TemplateLine {
	l := TemplateLine{
		Verdict: Verdict{
			Index: t.Index, File: t.File, Pointer: t.Pointer, Line: t.Line, Column: t.Column, Action: t.Action,
			Changes: diff.WithLines(t.Changes, budget), Problems: t.Problems, Conflict: t.Conflict, Notices: t.Notices,
		},
		Name: t.Entry.Template.Name, FreeName: t.FreeName, Reason: t.Reason,
	}
	if t.Template.Name != l.Name {
		l.Becomes = &Named{Name: t.Template.Name}
	}
	if e := t.Existing; e != nil {
		l.Existing = &Existing{e.ID, Named{Name: e.Name}, e.Version}
		if t.Action != resource.ActionCreate {
			l.is(e.ID, e.Version)
		}
	}
	return l
}

// unusableTemplates is the fault of what was asked for and can't be taken, or was
// left undecided; nil where there is no such thing.
func unusableTemplates(p templates.ImportPlan, c templates.Choices) error {
	bad := 0
	var fields []fault.Field
	for _, t := range p.Templates {
		if t.Action != resource.ActionInvalid && t.Action != resource.ActionConflict || c.Only != nil && !slices.Contains(c.Only, t.Index) {
			continue
		}
		bad++
		problems := t.Problems
		if t.Action == resource.ActionConflict {
			line, column := t.Position("/name")
			problems = []fault.Field{{Pointer: "/name", Detail: t.Reason + "; choose skip, replace or rename", Line: line, Column: column}}
		}
		fields = append(fields, within(problems, t.Pointer, t.File)...)
	}
	if bad == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "invalid_templates",
		"%s here can't be used as they are. Nothing was imported: mend them, choose what becomes of those in conflict, or import only the valid ones",
		fmt.Sprintf("%d of the %d templates", bad, len(p.Templates))).With(fields...)
}
