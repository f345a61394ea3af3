package files

import (
	"context"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/upload"
)

// ModePlanning plans what files of modes would do to a library, as often as choices
// change. The files are parsed when it is made, and never again.
type ModePlanning struct {
	// Files are the files that were read, those of an archive unpacked.
	Files []upload.File
	// Plans counts the plans that were made, for tests.
	Plans int

	db     *postgres.DB
	org    uuid.UUID
	folder modes.Folder
	// existing is the library at revision, which is 0 before it was needed.
	existing []modes.OrganizationMode
	revision int64
}

// ReadModes reads files of modes to plan their import into an organization's library.
// The errors are those of Read.
func ReadModes(ctx context.Context, db *postgres.DB, org uuid.UUID, brought []upload.File) (*ModePlanning, error) {
	unpacked, folder, err := read(ctx, brought)
	if err != nil {
		return nil, err
	}
	return &ModePlanning{Files: unpacked, db: db, org: org, folder: folder}, nil
}

// IsFolder reports whether the files are those of a folder or an archive: then a plan
// names them.
func (p *ModePlanning) IsFolder() bool { return p.folder.File.Form == modes.FormFolder }

// Entries are the modes that were read, by their index in a plan.
func (p *ModePlanning) Entries() []modes.Entry { return p.folder.File.Entries }

// Outline is the plan without changes and advice.
func (p *ModePlanning) Outline(ctx context.Context, c modes.Choices) (*Plan, error) {
	planned, err := p.planNow(ctx, c)
	if err != nil {
		return nil, err
	}
	for i := range planned.Modes {
		planned.Modes[i].Changes = nil
	}
	return p.tell(planned), nil
}

// Plan is the plan with what would change, field by field, and with advice.
func (p *ModePlanning) Plan(ctx context.Context, c modes.Choices) (*Plan, error) {
	planned, err := p.planNow(ctx, c)
	if err != nil {
		return nil, err
	}
	plan := p.tell(planned)
	plan.advise(planned)
	return plan, nil
}

// Import imports what was read, as ImportModes does with Files. After a RefusedError,
// plans are for the library that its plan is for.
func (p *ModePlanning) Import(ctx context.Context, by audit.By, in Import[modes.Choices]) (*Plan, error) {
	return importModes(ctx, p, by, in)
}

// planNow plans for the library as it was when it was first needed, or at a refusal.
func (p *ModePlanning) planNow(ctx context.Context, c modes.Choices) (modes.ImportPlan, error) {
	if p.revision == 0 {
		if _, _, err := p.load(ctx, p.org); err != nil {
			return modes.ImportPlan{}, err
		}
	}
	return p.plan(p.existing, c)
}

func (p *ModePlanning) plan(existing []modes.OrganizationMode, c modes.Choices) (modes.ImportPlan, error) {
	p.Plans++
	return modes.PlanImport(existing, p.folder.File, c)
}

// load reads the library as it is now.
func (p *ModePlanning) load(ctx context.Context, org uuid.UUID) ([]modes.OrganizationMode, int64, error) {
	existing, revision, err := p.db.Modes.At(ctx, org)
	if err == nil {
		p.existing, p.revision = existing, revision
	}
	return existing, revision, err
}

func (p *ModePlanning) tell(planned modes.ImportPlan) *Plan {
	plan := planOf(p.folder, planned, nil, nil)
	plan.BaseRevision, plan.Revision = p.revision, p.revision
	return plan
}
