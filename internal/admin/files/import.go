package files

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// Import says how files are imported.
type Import struct {
	// Files are what was brought: one file, those of a folder, or a zip file.
	Files []modes.NamedFile
	// Choices are which modes are wanted, and what becomes of those whose slug is
	// there.
	Choices modes.Choices
	// DryRun makes the plan and changes nothing.
	DryRun bool
	// OnlyValid leaves out what can't be used; without it one such mode among
	// those that are wanted refuses all.
	OnlyValid bool
	// Seen is the revision that the caller's plan was made at; 0 for any.
	Seen int64
}

// RefusedError is why files were not imported although they could be read, with
// the plan as it is now.
type RefusedError struct {
	Plan Plan
	Err  error
}

// Error is the message of what refused it.
func (r *RefusedError) Error() string { return r.Err.Error() }

// Unwrap returns what refused it.
func (r *RefusedError) Unwrap() error { return r.Err }

// Headline is the message without the places that it blames: the plan has them.
func (r *RefusedError) Headline() string {
	if f, ok := fault.As(r.Err); ok {
		return f.Message
	}
	return r.Err.Error()
}

// Run imports files: all of what is to be imported in one transaction and one
// revision, or nothing. The error is *RefusedError where there is a plan to show.
func Run(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import) (Plan, error) {
	folder, err := Read(in.Files)
	if err != nil {
		return Plan{}, err
	}
	if in.DryRun {
		return dryRun(ctx, db, org, folder, in.Choices)
	}
	var planned modes.ImportPlan
	var refused *RefusedError
	done, revision, err := db.ImportModes(ctx, by, org, postgres.Import[modes.OrganizationMode]{Seen: in.Seen, Plan: func(existing []modes.OrganizationMode) ([]modes.OrganizationMode, error) {
		var err error
		if planned, err = modes.PlanImport(existing, folder.File, in.Choices); err != nil {
			return nil, err
		}
		refusal := planned.TooMuch
		if !in.OnlyValid && refusal == nil {
			refusal = unusable(folder, planned, in.Choices)
		}
		if refusal != nil {
			return nil, &RefusedError{planOf(folder, planned, nil), refusal}
		}
		var wanted []modes.OrganizationMode
		for _, m := range planned.Wanted() {
			wanted = append(wanted, modes.OrganizationMode{Mode: m})
		}
		return wanted, nil
	}})
	switch {
	case errors.As(err, &refused), fault.Is(err, fault.Stale):
		// The plan is made anew: one that was refused was made under a revision
		// that never came to be, and a stale one not at all.
		now, planErr := dryRun(ctx, db, org, folder, in.Choices)
		if planErr != nil {
			return Plan{}, planErr
		}
		if refused != nil {
			err = refused.Err
		}
		return Plan{}, &RefusedError{now, err}
	case err != nil:
		return Plan{}, err
	}
	plan := planOf(folder, planned, done)
	plan.Applied, plan.Revision, plan.BaseRevision = true, revision, revision
	if len(done) > 0 {
		plan.BaseRevision--
	}
	return plan, nil
}

func dryRun(ctx context.Context, db *postgres.DB, org uuid.UUID, folder modes.Folder, c modes.Choices) (Plan, error) {
	existing, revision, err := db.ModesAt(ctx, org)
	if err != nil {
		return Plan{}, err
	}
	planned, err := modes.PlanImport(existing, folder.File, c)
	if err != nil {
		return Plan{}, err
	}
	plan := planOf(folder, planned, nil)
	plan.advise(planned)
	plan.BaseRevision, plan.Revision = revision, revision
	return plan, nil
}
