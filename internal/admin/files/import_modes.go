package files

import (
	"context"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/upload"
)

// ModePlanning plans what files of modes would do to a library, as often as choices
// change: what takes most of the time is done once.
type ModePlanning struct {
	folder   modes.Folder
	existing []modes.OrganizationMode
	// revision is the library's that existing are of.
	revision int64
}

// PlanModes reads files of modes, and the library as it is now. The errors are those
// of Read and of the database.
func PlanModes(ctx context.Context, db *postgres.DB, org uuid.UUID, brought []upload.File) (*ModePlanning, error) {
	folder, err := Read(ctx, brought)
	if err != nil {
		return nil, err
	}
	existing, revision, err := db.Modes.At(ctx, org)
	if err != nil {
		return nil, err
	}
	return &ModePlanning{folder, existing, revision}, nil
}

// Outline is the plan without changes and advice.
func (p *ModePlanning) Outline(c modes.Choices) (*Plan, error) {
	planned, err := modes.PlanImport(p.existing, p.folder.File, c)
	if err != nil {
		return nil, err
	}
	for i := range planned.Modes {
		planned.Modes[i].Changes = nil
	}
	plan := planOf(p.folder, planned, nil, nil)
	plan.BaseRevision, plan.Revision = p.revision, p.revision
	return plan, nil
}

// Plan is the plan with what would change, field by field, and with advice.
func (p *ModePlanning) Plan(c modes.Choices) (*Plan, error) {
	planned, err := modes.PlanImport(p.existing, p.folder.File, c)
	if err != nil {
		return nil, err
	}
	plan := planOf(p.folder, planned, nil, nil)
	plan.advise(planned)
	plan.BaseRevision, plan.Revision = p.revision, p.revision
	return plan, nil
}

// Import imports what was read, as ImportModes does with Files.
func (p *ModePlanning) Import(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import[modes.Choices]) (*Plan, error) {
	return importModes(ctx, db, by, org, p.folder, in)
}

// ImportModes imports files of modes: all of what is to be imported in one
// transaction and one revision, or nothing. The error is *RefusedError where there
// is a plan to show, which is returned too.
func ImportModes(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import[modes.Choices]) (*Plan, error) {
	folder, err := Read(ctx, in.Files)
	if err != nil {
		return nil, err
	}
	return importModes(ctx, db, by, org, folder, in)
}

func importModes(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, folder modes.Folder, in Import[modes.Choices]) (*Plan, error) {
	return importing[modes.OrganizationMode, modes.ImportPlan, *Plan]{
		at: db.Modes.At, do: db.Modes.Import,
		plan: func(existing []modes.OrganizationMode) (modes.ImportPlan, error) {
			return modes.PlanImport(existing, folder.File, in.Choices)
		},
		refusal: func(p modes.ImportPlan) error {
			if in.OnlyValid || p.TooMuch != nil {
				return p.TooMuch
			}
			return unusable(folder, p, in.Choices)
		},
		wanted: func(p modes.ImportPlan) (wanted []modes.OrganizationMode) {
			for _, m := range p.Wanted() {
				wanted = append(wanted, modes.OrganizationMode{Mode: m})
			}
			return wanted
		},
		tell: func(p modes.ImportPlan, done []postgres.Imported[modes.OrganizationMode], budget *diff.Budget) *Plan {
			return planOf(folder, p, done, budget)
		},
		advise: (*Plan).advise,
	}.run(ctx, by, org, in.DryRun, in.Seen)
}
