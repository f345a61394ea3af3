package modes

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// modeStep is a version described in a sentence, with its mode.
type modeStep struct {
	pastVersion
	// Glyph, Label and Slug are those of the mode at that version. Ref names the mode in
	// addresses today.
	Glyph, Label, Slug, Ref string
	// Gone is true if the mode is deleted now. Before is the version that this one can be
	// compared with; 0 if there is nothing to compare.
	Gone   bool
	Before int64
}

// modesPast is the data of the page with the library's history.
type modesPast struct {
	Steps []modeStep
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
	// Deleted is true if some modes are deleted.
	Deleted bool
	Audit   access.Verdict
}

// History lists the versions of all modes, the newest first.
func (p *Pages) History(v *shell.Visit) error {
	after, readable := shell.ParsePlace(v.Query("after"))
	got, more, err := shell.PageOfHistory(func(last *postgres.ModeStep, limit int) ([]postgres.ModeStep, error) {
		from := after
		if last != nil {
			from = placeOfStep(*last)
		}
		return p.DB.Modes.History(v.UserContext(), v.Org.ID, from, limit)
	}, func(s postgres.ModeStep) int {
		if s.Previous == nil {
			return len(s.Content)
		}
		return len(s.Content) + len(s.Previous.Content)
	})
	if err != nil {
		return err
	}
	now, err := p.DB.ModeHeads(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	d := modesPast{Newest: readable, Audit: v.May(access.Request{Action: access.ReadAudit})}
	if d.Deleted, err = p.someDeleted(v); err != nil {
		return err
	}
	if more {
		got = got[:len(got)-1]
		d.Older = shell.FormatPlace(*placeOfStep(got[len(got)-1]))
	}
	if d.Steps, err = p.modeSteps(v, got, now); err != nil {
		return err
	}
	return v.Show("modes_history", shell.Page{
		Title: "History", Lead: "Changes to the modes of " + v.Org.Name + ", version by version.", Data: d,
	})
}

// modeSteps returns versions as users read them. now holds the modes that exist now.
func (p *Pages) modeSteps(v *shell.Visit, got []postgres.ModeStep, now []postgres.ModeHead) ([]modeStep, error) {
	who, err := v.People()
	if err != nil {
		return nil, err
	}
	there := make(map[uuid.UUID]postgres.ModeHead, len(now))
	for _, m := range now {
		there[m.ID] = m
	}
	out := make([]modeStep, len(got))
	for i, g := range got {
		made := p.stepMade(g)
		row := rowOf(g.Object.Slug, g.Object.Name, summary{})
		m, isThere := there[g.Object.ID]
		s := modeStep{
			pastVersion: pastVersion{
				Version: g.Version.Version.Version, Revision: g.Revision, At: g.OccurredAt, Sentence: made.sentence,
				Deleted: g.Action == audit.Delete, Current: isThere && m.Version == g.Version.Version.Version,
			},
			Glyph: row.Glyph, Label: row.Label, Slug: row.Slug, Ref: g.Object.ID.String(), Gone: !isThere,
		}
		if isThere {
			s.Ref = paths.Mode(m.Slug, s.Ref)
		}
		if made.differs && !s.Deleted {
			s.Before = s.Version - 1
		}
		if s.Who, err = who.Name(g.Actor.ID); err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// stepMade describes the change that a version made. It is computed once: texts can be
// long, and the versions that are compared never change.
type stepMade struct {
	sentence string
	// differs is true if the mode differs from the version before.
	differs bool
}

func newSteps() shell.Memory[versionKey, stepMade] {
	const bytes, overhead = 4 << 20, 100
	return shell.Remember[versionKey](bytes, func(s stepMade) int { return len(s.sentence) + overhead })
}

func (p *Pages) stepMade(g postgres.ModeStep) stepMade {
	key := keyOf(g.Object.ID, g.Version.Version.Version, g.OccurredAt)
	made, ok := p.stepsMade.Get(key)
	if !ok {
		made = stepMade{p.versionSentence(g.Version, g.Previous), g.Previous != nil && len(modes.Diff(g.Previous.Object.Mode, g.Object.Mode)) > 0}
		p.stepsMade.Put(key, made)
	}
	return made
}

func placeOfStep(s postgres.ModeStep) *postgres.Place {
	return &postgres.Place{Revision: s.Revision, Subject: s.Object.ID, Version: s.Version.Version.Version}
}

// someDeleted reports whether there is a deleted mode that can be restored.
func (p *Pages) someDeleted(v *shell.Visit) (bool, error) {
	one, err := p.DB.Modes.Deleted(v.UserContext(), v.Org.ID, nil, 1)
	return len(one) > 0, err
}
