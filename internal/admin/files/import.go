package files

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// Verdict says what an import does with one mode of a file.
type Verdict string

// The verdicts.
const (
	Create    Verdict = "create"
	Update    Verdict = "update"
	Unchanged Verdict = "unchanged"
	Invalid   Verdict = "invalid"
)

// Line is what becomes of one mode of a file.
type Line struct {
	// Index is its place in the file, from 0; LineNumber and Column are where it
	// starts in the text, from 1.
	Index      int     `json:"index"`
	LineNumber int     `json:"line,omitempty"`
	Column     int     `json:"column,omitempty"`
	Slug       string  `json:"slug"`
	Name       string  `json:"name"`
	Verdict    Verdict `json:"verdict"`
	// ID and Version are those of the mode in the library: after the import, or
	// before it for a plan. A mode to be created has none in a plan.
	ID      *uuid.UUID `json:"id,omitempty"`
	Version int64      `json:"version,omitempty"`
	// Changes are what an update changes, field by field.
	Changes []modes.Change `json:"changes,omitempty"`
	// Problems say why it can't be taken.
	Problems []fault.Field  `json:"problems,omitempty"`
	Notices  []modes.Notice `json:"notices,omitempty"`
}

// Summary counts the verdicts.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Unchanged int `json:"unchanged"`
	Invalid   int `json:"invalid"`
}

// Plan is what an import does, or did.
type Plan struct {
	// Applied says that it was done; otherwise nothing was changed.
	Applied bool `json:"applied"`
	// Revision is the organization's: the one that the plan was made at, or the
	// one after the import.
	Revision int64          `json:"revision"`
	Format   string         `json:"format"`
	Summary  Summary        `json:"summary"`
	Modes    []Line         `json:"modes"`
	Notices  []modes.Notice `json:"notices,omitempty"`
}

// Import says how a file is imported.
type Import struct {
	Data []byte
	// DryRun makes the plan and changes nothing.
	DryRun bool
	// OnlyValid leaves out invalid modes; without it one of them refuses the
	// whole file.
	OnlyValid bool
	// Seen is the revision that the caller's plan was made at; 0 for any.
	Seen int64
}

// RefusedError is why a file was not imported although it could be read, with the
// plan as it is now.
type RefusedError struct {
	Plan Plan
	Err  error
}

// Error is the message of what refused it.
func (r *RefusedError) Error() string { return r.Err.Error() }

// Unwrap returns what refused it.
func (r *RefusedError) Unwrap() error { return r.Err }

// Run imports a file: all of what is to be imported in one transaction and one
// revision, or nothing. The error is *RefusedError where there is a plan to show.
func Run(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, in Import) (Plan, error) {
	file, err := modes.ReadFile(in.Data)
	if err != nil {
		return Plan{}, err
	}
	plan := func() (Plan, error) {
		return run(ctx, db, by, org, file, postgres.Import{Modes: file.Modes(), DryRun: true})
	}
	if in.DryRun {
		return plan()
	}
	refused := func(why func(Plan) error) error {
		p, err := plan()
		if err != nil {
			return err
		}
		return &RefusedError{p, why(p)}
	}
	if len(file.Modes()) < len(file.Entries) && !in.OnlyValid {
		return Plan{}, refused(invalidModes)
	}
	done, err := run(ctx, db, by, org, file, postgres.Import{Modes: file.Modes(), Seen: in.Seen})
	if fault.Is(err, fault.Stale) {
		return Plan{}, refused(func(Plan) error { return err })
	}
	if err != nil {
		return Plan{}, err
	}
	done.Applied = true
	return done, nil
}

func run(ctx context.Context, db *postgres.DB, by audit.By, org uuid.UUID, file modes.File, in postgres.Import) (Plan, error) {
	imported, revision, err := db.ImportModes(ctx, by, org, in)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Revision: revision, Format: file.Format, Notices: file.Notices, Modes: make([]Line, 0, len(file.Entries))}
	for _, e := range file.Entries {
		l := Line{
			Index: e.Index, LineNumber: e.Line, Column: e.Column, Slug: e.Mode.Slug, Name: e.Mode.Name,
			Problems: e.Problems, Notices: e.Notices, Verdict: Invalid,
		}
		if len(e.Problems) > 0 {
			plan.Summary.Invalid++
		} else {
			l.take(imported[0], in.DryRun, &plan.Summary)
			imported = imported[1:]
		}
		plan.Modes = append(plan.Modes, l)
	}
	return plan, nil
}

// take says what became, or would become, of a valid mode.
func (l *Line) take(i postgres.Imported, dryRun bool, sum *Summary) {
	l.ID, l.Version = &i.Mode.ID, i.Mode.Version
	switch i.Action {
	case postgres.ImportCreate:
		l.Verdict = Create
		sum.Create++
		if dryRun { // the id was made up and rolled back
			l.ID, l.Version = nil, 0
		}
	case postgres.ImportUpdate:
		l.Verdict = Update
		sum.Update++
		l.Changes = modes.Diff(i.Before.Mode, i.Mode.Mode)
		if dryRun {
			l.Version = i.Before.Version
		}
	default:
		l.Verdict = Unchanged
		sum.Unchanged++
	}
}

func invalidModes(plan Plan) error {
	f := fault.New(fault.Invalid, "invalid_modes",
		"%d of the %d modes in this file can't be used as they are. Nothing was imported: mend them, or import only the valid ones",
		plan.Summary.Invalid, len(plan.Modes))
	for _, l := range plan.Modes {
		for _, p := range l.Problems {
			// In a file the configuration has no level of its own.
			p.Pointer = fmt.Sprintf("/customModes/%d%s", l.Index, strings.TrimPrefix(p.Pointer, "/config"))
			f.Fields = append(f.Fields, p)
		}
	}
	return f
}

// Headline is the message without the places that it blames: the plan has them.
func (r *RefusedError) Headline() string {
	if f, ok := fault.As(r.Err); ok {
		return f.Message
	}
	return r.Err.Error()
}
