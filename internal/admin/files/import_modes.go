package files

import (
	"context"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// ImportModes imports files of modes: all of what is to be imported in one
// transaction and one revision, or nothing. The error is *RefusedError where there
// is a plan to show, which is returned too.
func ImportModes(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import[modes.Choices]) (*Plan, error) {
	p, err := ReadModes(ctx, db, org, in.Files)
	if err != nil {
		return nil, err
	}
	return importModes(ctx, p, by, in)
}

func importModes(ctx context.Context, p *ModePlanning, by audit.By, in Import[modes.Choices]) (*Plan, error) {
	folder := p.folder
	return importing[modes.OrganizationMode, modes.ImportPlan, *Plan]{
		at: p.load, do: p.db.Modes.Import,
		plan: func(existing []modes.OrganizationMode) (modes.ImportPlan, error) {
			return p.plan(existing, in.Choices)
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
	}.run(ctx, by, p.org, in.DryRun, in.Seen)
}
