package files

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/upload"
)

// Import says how files are imported. C are the choices that their kind of object
// leaves.
type Import[C any] struct {
	// Files are what was brought: one file, those of a folder, or a zip file.
	Files []upload.File
	// Choices are which objects are wanted, and what becomes of those that are
	// there already.
	Choices C
	// DryRun makes the plan and changes nothing.
	DryRun bool
	// OnlyValid leaves out what can't be used; without it one such object among
	// those that are wanted refuses all.
	OnlyValid bool
	// Seen is the revision that the caller's plan was made at; 0 for any.
	Seen int64
}

// RefusedError is why files were not imported although they could be read, with
// the plan as it is now.
type RefusedError struct {
	// Plan is a Plan or a TemplatePlan, as what refused it returned; Revision is
	// the one that it was made at.
	Plan     any
	Revision int64
	Err      error
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

// importing is the import of files into a library: what is their kind's own of
// it. T is an object, P the rules' own plan, R what is told of that.
type importing[T, P any, R interface{ outcome() *Outcome }] struct {
	at func(ctx context.Context, org uuid.UUID) ([]T, int64, error)
	do func(ctx context.Context, by audit.By, org uuid.UUID, in postgres.Import[T]) ([]postgres.Imported[T], int64, error)
	// plan says what would become of the files in a library.
	plan func(existing []T) (P, error)
	// refusal is why a plan can't be done, nil where it can.
	refusal func(P) error
	// wanted are the objects to create and to update.
	wanted func(P) []T
	// tell writes a plan down. done are what became of the wanted ones, in their
	// order; nil where nothing was done. Changed texts are compared within the budget.
	tell func(P, []postgres.Imported[T], *diff.Budget) R
	// advise adds to a plan what only who still decides wants to know.
	advise func(R, P)
}

// run imports: all of what is wanted in one transaction and one revision, or
// nothing. The error is *RefusedError where there is a plan to show, which is
// returned too.
func (i importing[T, P, R]) run(ctx context.Context, by audit.By, org uuid.UUID, dryRun bool, seen int64) (R, error) {
	if dryRun {
		return i.dryRun(ctx, org)
	}
	var none R
	var planned P
	var refusal error
	done, revision, err := i.do(ctx, by, org, postgres.Import[T]{Seen: seen, Plan: func(existing []T) (_ []T, err error) {
		if planned, err = i.plan(existing); err != nil {
			return nil, err
		}
		if refusal = i.refusal(planned); refusal != nil {
			return nil, refusal
		}
		return i.wanted(planned), nil
	}})
	switch {
	case err != nil && (refusal != nil && errors.Is(err, refusal) || fault.Is(err, fault.Stale)):
		// The plan is made anew: one that was refused was made under a revision
		// that never came to be, and a stale one not at all.
		now, planErr := i.dryRun(ctx, org)
		if planErr != nil {
			return none, planErr
		}
		return now, &RefusedError{now, now.outcome().Revision, err}
	case err != nil:
		return none, err
	}
	plan := i.tell(planned, done, diff.NewBudget(ctx, diff.DefaultSteps))
	o := plan.outcome()
	o.Applied, o.Revision, o.BaseRevision = true, revision, revision
	if len(done) > 0 {
		o.BaseRevision--
	}
	return plan, nil
}

func (i importing[T, P, R]) dryRun(ctx context.Context, org uuid.UUID) (R, error) {
	var none R
	existing, revision, err := i.at(ctx, org)
	if err != nil {
		return none, err
	}
	planned, err := i.plan(existing)
	if err != nil {
		return none, err
	}
	plan := i.tell(planned, nil, diff.NewBudget(ctx, diff.DefaultSteps))
	i.advise(plan, planned)
	o := plan.outcome()
	o.BaseRevision, o.Revision = revision, revision
	return plan, nil
}
