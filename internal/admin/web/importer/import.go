package importer

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// planner plans and runs the import of uploaded files. It is a *transfer.Import; tests wrap
// it to count the plans that a request makes.
type planner interface {
	Files() []upload.File
	Entries() []imports.Entry
	IsFolder() bool
	Plan(context.Context, transfer.Choices) (*transfer.Plan, error)
	Outline(context.Context, transfer.Choices) (*transfer.Plan, error)
	Run(context.Context, audit.Attribution, transfer.Options) (*transfer.Plan, error)
}

// readModes parses the uploaded files.
func readModes(ctx context.Context, db *postgres.DB, org uuid.UUID, uploads []upload.File) (planner, error) {
	return transfer.NewModeImport(ctx, db, org, uploads)
}

// Form shows the form to upload files.
func (p *Pages) Form(v *shell.Request) error {
	return p.showImportForm(v, importData{Form: shell.NewForm()})
}

func (p *Pages) showImportForm(v *shell.Request, d importData) error {
	return v.Show("import", shell.Page{
		Title: "Import modes", Lead: "You can review the changes before they are made.",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}

// Import shows the plan for the uploaded files or, with do=apply, imports the selected modes.
func (p *Pages) Import(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	pack := f.Fields.Get("_pack")
	uploads, err := readUploads(v, f)
	if err == nil {
		f.Fields.Del("_pack")
		err = p.importUploads(v, f, uploads, pack)
	}
	e, ok := shell.AsUserError(err)
	if !ok {
		return err
	}
	// The upload can't be used at all. A single text can be fixed on the page.
	d := importData{Form: f, Problem: strings.TrimSuffix(e.Message, ".")}
	if len(uploads) == 1 && !transfer.IsArchive(uploads[0].Data) && len(uploads[0].Data) <= maxEditable && utf8.Valid(uploads[0].Data) {
		f.Fields.Set("paste", string(uploads[0].Data))
	}
	if len(uploads) > 0 && len(e.Fields) > 0 {
		if x, ok := singleFileSource(uploads).excerptAt("", e.Fields[0].Line, e.Fields[0].Column); ok {
			d.Excerpt = &x
		}
		if d.Problem != e.Fields[0].Detail {
			d.Problem += ": " + strings.TrimSuffix(e.Fields[0].Detail, ".")
		}
	}
	v.Status(fiber.StatusUnprocessableEntity)
	return p.showImportForm(v, d)
}

// importUploads answers with the plan or, if it was applied, with the result. pack is the
// text that uploads was unpacked from, if any.
func (p *Pages) importUploads(v *shell.Request, f shell.Form, uploads []upload.File, pack string) error {
	in, err := p.readModes(v.UserContext(), p.DB, v.Org.ID, uploads)
	if err != nil {
		return err
	}
	choices, first := parseChoices(f, in.Entries())
	problem := ""
	var selected *transfer.Plan
	if f.Get("do") == "apply" && !first {
		done, err := p.importSelected(v, f, in, choices)
		if err == nil {
			return p.showImported(v, done)
		}
		var rejected *transfer.RejectedError
		if !errors.As(err, &rejected) {
			return err
		}
		problem = rejected.Headline()
		v.Status(fiber.StatusUnprocessableEntity)
		if fault.Is(err, fault.Stale) {
			problem = ""
			v.Status(fiber.StatusPreconditionFailed)
		}
		selected = rejected.Plan // nil if nothing is selected
	}
	// The rows show what each mode would become, selected or not. The summary counts only
	// the selected ones.
	plan, err := in.Plan(v.UserContext(), transfer.ModeChoices{BySlug: choices.BySlug})
	if err != nil {
		return err
	}
	if first {
		choices.Indexes = writtenIndexes(plan)
	}
	d := newImportData(plan, choices, in, p.Builtins, v.DiffBudget())
	d.Form, d.Problem = f, problem
	if selected == nil && len(choices.Indexes) > 0 {
		if selected, err = in.Outline(v.UserContext(), choices); err != nil {
			return err
		}
	}
	if selected != nil {
		d.Selected = selected.Summary
		if selected.LimitError != nil && d.Problem == "" {
			d.Problem = selected.LimitError.Detail
		}
	}
	if base, _ := strconv.ParseInt(f.Get("base"), 10, 64); base > 0 && base != plan.BaseRevision {
		d.Stale = base
	}
	if d.Pack = pack; pack == "" || len(pack) > base64.RawURLEncoding.EncodedLen(maxPack) {
		if d.Pack, err = p.packUploads(uploads); err != nil {
			return err
		}
	}
	return v.Show("import_plan", shell.Page{
		Title: "What would change", Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}, {Name: "Import", Path: v.Address("/modes/import")}}, Data: d,
	})
}

// importSelected imports the selected modes, at the revision at which the plan was made.
func (p *Pages) importSelected(v *shell.Request, f shell.Form, in planner, c transfer.ModeChoices) (*transfer.Plan, error) {
	base, err := strconv.ParseInt(f.Get("base"), 10, 64)
	if err != nil || base < 1 {
		return nil, shell.MalformedForm(err)
	}
	if len(c.Indexes) == 0 {
		return nil, &transfer.RejectedError{Err: fault.New(fault.Invalid, "nothing_chosen", "No modes are selected, so nothing was imported. Select at least one mode")}
	}
	return in.Run(v.UserContext(), v.By(), transfer.Options{Choices: c, ExpectedRevision: base})
}

// importedRow is a mode that was imported.
type importedRow struct {
	Slug, Name, Ref string
	Verb            string
}

// importedData is the data of the page with the result of an import.
type importedData struct {
	Plan            *transfer.Plan
	Rows            []importedRow
	PublicationLine shell.PublicationLine
	// AuditPath is the address of the imports in the audit log. The page links to it if the
	// user is allowed to read that.
	AuditPath string
}

// showImported shows the result of an import. Sending the form again changes nothing: its
// plan was made at a revision that is no longer current.
func (p *Pages) showImported(v *shell.Request, plan *transfer.Plan) error {
	d := importedData{Plan: plan, AuditPath: v.Address("/audit") + "?action=" + audit.Import.FullName(audit.Mode)}
	for _, l := range plan.Items {
		if !l.Written() || l.ID == nil {
			continue
		}
		r := importedRow{Slug: l.Slug, Name: l.Name, Verb: "Created"}
		if l.Becomes != nil {
			r.Slug, r.Name = l.Becomes.Slug, l.Becomes.Name
		}
		if l.Action == resource.ActionUpdate {
			r.Verb = "Changed"
		}
		r.Ref = paths.Mode(r.Slug, l.ID.String())
		d.Rows = append(d.Rows, r)
	}
	own, err := p.DB.CountModesExcept(v.UserContext(), v.Org.ID, p.Builtins)
	if err != nil {
		return err
	}
	if d.PublicationLine, err = v.PublicationLine(own + len(p.Builtins)); err != nil {
		return err
	}
	return v.Show("import_done", shell.Page{
		Title: "Imported " + shell.Pluralize(len(d.Rows), "mode"), Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}, {Name: "Import", Path: v.Address("/modes/import")}}, Data: d,
	})
}
