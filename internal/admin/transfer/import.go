package transfer

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

// Import is an import of objects of one kind into an organization's library. The files
// are parsed once, when it is made. It can be planned as often as choices change.
type Import struct {
	files   []upload.File
	entries []imports.Entry
	db      *postgres.DB
	org     uuid.UUID
	kind    imports.Kind
	format  format
	notices []resource.Notice
	// folder holds the files of modes, if the kind is modes.
	folder modes.Folder
	// existing is the library at revision, which is 0 until it is first needed.
	existing []resource.Object
	revision int64
}

// format is the API format of one kind.
type format interface {
	// json returns a plan in the format of the API.
	json(*Plan) any
	// invalidError returns the error for objects and files that can't be used. subject counts
	// them: "2 of the 3 modes".
	invalidError(subject string) *fault.Error
	// filePointer converts a pointer into an object to one into its file.
	filePointer(pointer string) string
	// advice returns the advice about an object as it would be stored.
	advice(imports.Item) []Advice
}

// Options are the options of an import.
type Options struct {
	// Choices select objects, and decide what happens to existing ones.
	Choices Choices
	// DryRun plans the import and changes nothing.
	DryRun bool
	// OnlyValid leaves out objects that can't be used. Without it, one such object among
	// the selected refuses the whole import.
	OnlyValid bool
	// ExpectedRevision is the revision that the caller's plan was made at; 0 accepts any.
	ExpectedRevision int64
}

// RejectedError is the error for files that could be read, but were not imported.
type RejectedError struct {
	// Plan is the plan for the current library.
	Plan *Plan
	Err  error
}

// Error returns the message of the refusal.
func (r *RejectedError) Error() string { return r.Err.Error() }

// Unwrap returns the refusal.
func (r *RejectedError) Unwrap() error { return r.Err }

// Headline returns the message without the places of the problems: the plan has them.
func (r *RejectedError) Headline() string {
	if f, ok := fault.As(r.Err); ok {
		return f.Message
	}
	return r.Err.Error()
}

// Reader reads files for an import: NewModeImport or NewTemplateImport.
type Reader func(ctx context.Context, db *postgres.DB, org uuid.UUID, files []upload.File) (*Import, error)

// Import reads files and imports them; see Import.Run.
func (read Reader) Import(ctx context.Context, db *postgres.DB, by audit.Attribution, org uuid.UUID, files []upload.File, o Options) (*Plan, error) {
	in, err := read(ctx, db, org, files)
	if err != nil {
		return nil, err
	}
	return in.Run(ctx, by, o)
}

// NewModeImport reads files of modes. The errors are those of ReadModes.
func NewModeImport(ctx context.Context, db *postgres.DB, org uuid.UUID, files []upload.File) (*Import, error) {
	unpacked, folder, err := readModes(ctx, files)
	if err != nil {
		return nil, err
	}
	return &Import{
		files: unpacked, entries: folder.File.ImportEntries(), db: db, org: org,
		kind: modes.Kind{}, format: modeFormat{}, notices: folder.File.Notices, folder: folder,
	}, nil
}

// NewTemplateImport reads files of permission templates. The errors are those of
// ReadTemplates.
func NewTemplateImport(ctx context.Context, db *postgres.DB, org uuid.UUID, files []upload.File) (*Import, error) {
	read, err := ReadTemplates(ctx, files, db.Tools)
	if err != nil {
		return nil, err
	}
	return &Import{
		files: files, entries: read.ImportEntries(), db: db, org: org,
		kind: templates.Kind{Tools: func() templates.Tools { return db.Tools }}, format: templateFormat{}, notices: read.Notices,
	}, nil
}

// Files returns the files that were read. An archive of modes is unpacked.
func (i *Import) Files() []upload.File { return i.files }

// Entries returns the objects that were read, by their index in a plan.
func (i *Import) Entries() []imports.Entry { return i.entries }

// IsFolder reports whether the files are a folder or an archive of modes. If so, a plan
// lists them.
func (i *Import) IsFolder() bool { return i.folder.File.Form == modes.FormFolder }

// Outline returns the plan without changes and advice. It is for the library as it was
// when first needed, or at a refusal.
func (i *Import) Outline(ctx context.Context, c Choices) (*Plan, error) {
	planned, err := i.planNow(ctx, c)
	if err != nil {
		return nil, err
	}
	for n := range planned.Items {
		planned.Items[n].Changes = nil
	}
	return i.newPlan(planned, nil, nil), nil
}

// Plan is Outline with changes, field by field, and with advice.
func (i *Import) Plan(ctx context.Context, c Choices) (*Plan, error) {
	return i.planWithAdvice(ctx, c, nil)
}

// Run imports all selected objects in one transaction and one revision, or nothing. If
// there is a plan to show, the error is a *RejectedError and the plan is returned, too.
// Later plans are for the same library as that plan.
func (i *Import) Run(ctx context.Context, by audit.Attribution, o Options) (*Plan, error) {
	policy, err := o.Choices.policy(i.kind, i.entries)
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		return i.dryRun(ctx, o.Choices)
	}
	var planned imports.Plan
	var refusal error
	result, err := i.db.Apply(ctx, by, i.org, nil, resource.Options{ExpectedRevision: o.ExpectedRevision, Plan: func(l resource.Library) ([]resource.Op, error) {
		existing, err := l.Objects(i.kind.Names().Singular)
		if err != nil {
			return nil, err
		}
		planned = imports.NewPlan(i.kind, existing, i.entries, policy)
		if refusal = planned.LimitError; refusal == nil && !o.OnlyValid {
			refusal = i.invalidItems(planned, policy)
		}
		return planned.Ops(), refusal
	}})
	switch {
	case err != nil && (refusal != nil && errors.Is(err, refusal) || fault.Is(err, fault.Stale)):
		// Plan again: a refused plan was made for a revision that was never committed, and a
		// stale import has no plan.
		now, planErr := i.dryRun(ctx, o.Choices)
		if planErr != nil {
			return nil, planErr
		}
		return now, &RejectedError{now, err}
	case err != nil:
		return nil, i.firstFailure(planned, err)
	}
	plan := i.newPlan(planned, result.Outcomes, diff.NewBudget(ctx, diff.DefaultSteps))
	plan.Applied, plan.Revision, plan.BaseRevision = true, result.Revision, result.Revision
	if len(result.Outcomes) > 0 {
		plan.BaseRevision--
	}
	return plan, nil
}

// dryRun plans for the current library, without locking it.
func (i *Import) dryRun(ctx context.Context, c Choices) (*Plan, error) {
	i.revision = 0
	return i.planWithAdvice(ctx, c, diff.NewBudget(ctx, diff.DefaultSteps))
}

func (i *Import) planWithAdvice(ctx context.Context, c Choices, budget *diff.Budget) (*Plan, error) {
	planned, err := i.planNow(ctx, c)
	if err != nil {
		return nil, err
	}
	plan := i.newPlan(planned, nil, budget)
	for n, item := range planned.Items {
		if item.Action != resource.ActionInvalid { // problems have to be fixed first
			plan.Items[n].Advice = i.format.advice(item)
		}
	}
	return plan, nil
}

func (i *Import) planNow(ctx context.Context, c Choices) (imports.Plan, error) {
	policy, err := c.policy(i.kind, i.entries)
	if err == nil && i.revision == 0 {
		i.existing, i.revision, err = i.db.Objects(i.kind.Names().Singular).ListWithRevision(ctx, i.org)
	}
	if err != nil {
		return imports.Plan{}, err
	}
	return imports.NewPlan(i.kind, i.existing, i.entries, policy), nil
}
