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

// planner plans and runs the import of uploaded files. It is a *transfer.Import; tests wrap it
// to count the plans that a request makes.
type planner interface {
	Files() []upload.File
	Entries() []imports.Entry
	IsFolder() bool
	Plan(context.Context, transfer.Choices) (*transfer.Plan, error)
	Outline(context.Context, transfer.Choices) (*transfer.Plan, error)
	Run(context.Context, audit.By, transfer.Options) (*transfer.Plan, error)
}

// readModes parses the uploaded files.
func readModes(ctx context.Context, db *postgres.DB, org uuid.UUID, brought []upload.File) (planner, error) {
	return transfer.NewModeImport(ctx, db, org, brought)
}

// Form shows the form to upload files.
func (p *Pages) Form(v *shell.Visit) error { return p.importAgain(v, importData{Form: shell.Filled()}) }

func (p *Pages) importAgain(v *shell.Visit, d importData) error {
	return v.Show("import", shell.Page{
		Title: "Import modes", Lead: "You can review the changes before they are made.",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}

// Import shows the plan for the uploaded files or, with do=apply, imports the selected modes.
func (p *Pages) Import(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	pack := f.Fields.Get("_pack")
	brought, err := readBrought(v, f)
	if err == nil {
		f.Fields.Del("_pack")
		err = p.importBrought(v, f, brought, pack)
	}
	e, ok := shell.IsMistake(err)
	if !ok {
		return err
	}
	// The upload can't be used at all. A single text can be fixed on the page.
	d := importData{Form: f, Problem: strings.TrimSuffix(e.Message, ".")}
	if len(brought) == 1 && !transfer.IsArchive(brought[0].Data) && len(brought[0].Data) <= maxMended && utf8.Valid(brought[0].Data) {
		f.Fields.Set("paste", string(brought[0].Data))
	}
	if len(brought) > 0 && len(e.Fields) > 0 {
		if x, ok := textOf(brought).at("", e.Fields[0].Line, e.Fields[0].Column); ok {
			d.Place = &x
		}
		if d.Problem != e.Fields[0].Detail {
			d.Problem += ": " + strings.TrimSuffix(e.Fields[0].Detail, ".")
		}
	}
	v.Status(fiber.StatusUnprocessableEntity)
	return p.importAgain(v, d)
}

// importBrought answers with the plan or, if it was applied, with the result. pack is the
// text that brought was unpacked from, if any.
func (p *Pages) importBrought(v *shell.Visit, f shell.Form, brought []upload.File, pack string) error {
	in, err := p.readModes(v.UserContext(), p.DB, v.Org.ID, brought)
	if err != nil {
		return err
	}
	choices, first := importChoices(f, in.Entries())
	problem := ""
	var chosen *transfer.Plan
	if f.Get("do") == "apply" && !first {
		done, err := p.importChosen(v, f, in, choices)
		if err == nil {
			return p.importDone(v, done)
		}
		var refused *transfer.RefusedError
		if !errors.As(err, &refused) {
			return err
		}
		problem = refused.Headline()
		v.Status(fiber.StatusUnprocessableEntity)
		if fault.Is(err, fault.Stale) {
			problem = ""
			v.Status(fiber.StatusPreconditionFailed)
		}
		chosen = refused.Plan // nil if nothing is selected
	}
	// The rows show what each mode would become, selected or not. The summary counts only
	// the selected ones.
	plan, err := in.Plan(v.UserContext(), transfer.ModeChoices{BySlug: choices.BySlug})
	if err != nil {
		return err
	}
	if first {
		choices.Indexes = writtenBy(plan)
	}
	d := importDataOf(plan, choices, in, v.Budget())
	d.Form, d.Problem = f, problem
	if chosen == nil && len(choices.Indexes) > 0 {
		if chosen, err = in.Outline(v.UserContext(), choices); err != nil {
			return err
		}
	}
	if chosen != nil {
		d.Chosen = chosen.Summary
		if chosen.TooMuch != nil && d.Problem == "" {
			d.Problem = chosen.TooMuch.Detail
		}
	}
	if base, _ := strconv.ParseInt(f.Get("base"), 10, 64); base > 0 && base != plan.BaseRevision {
		d.Stale = base
	}
	if d.Pack = pack; pack == "" || len(pack) > base64.RawURLEncoding.EncodedLen(maxPack) {
		if d.Pack, err = p.packBrought(brought); err != nil {
			return err
		}
	}
	return v.Show("import_plan", shell.Page{
		Title: "What would change", Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}, {Name: "Import", Path: v.Address("/modes/import")}}, Data: d,
	})
}

// importChosen imports the selected modes, at the revision at which the plan was made.
func (p *Pages) importChosen(v *shell.Visit, f shell.Form, in planner, c transfer.ModeChoices) (*transfer.Plan, error) {
	base, err := strconv.ParseInt(f.Get("base"), 10, 64)
	if err != nil || base < 1 {
		return nil, shell.Unreadable(err)
	}
	if len(c.Indexes) == 0 {
		return nil, &transfer.RefusedError{Err: fault.New(fault.Invalid, "nothing_chosen", "No modes are selected, so nothing was imported. Select at least one mode")}
	}
	return in.Run(v.UserContext(), v.By(), transfer.Options{Choices: c, Seen: base})
}

// importedRow is a mode that was imported.
type importedRow struct {
	Slug, Name, Ref string
	Verb            string
}

// importedData is the data of the page with the result of an import.
type importedData struct {
	Plan *transfer.Plan
	Rows []importedRow
	Live shell.Live
	// Log is the address of the imports in the audit log. The page links to it if the user
	// is allowed to read that.
	Log string
}

// importDone shows the result of an import. Sending the form again changes nothing: its plan
// was made at a revision that is no longer current.
func (p *Pages) importDone(v *shell.Visit, plan *transfer.Plan) error {
	d := importedData{Plan: plan, Log: v.Address("/audit") + "?action=" + audit.Import.Of(audit.Mode)}
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
	own, err := p.DB.CountModesBeside(v.UserContext(), v.Org.ID, p.Builtins)
	if err != nil {
		return err
	}
	if d.Live, err = v.Live(own + len(p.Builtins)); err != nil {
		return err
	}
	return v.Show("import_done", shell.Page{
		Title: "Imported " + shell.Count(len(d.Rows), "mode"), Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}, {Name: "Import", Path: v.Address("/modes/import")}}, Data: d,
	})
}
