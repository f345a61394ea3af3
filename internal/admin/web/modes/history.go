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

// historyItem is a version described in a sentence, with its mode.
type historyItem struct {
	versionItem
	// Glyph, Label and Slug are those of the mode at that version. Ref names the mode in
	// addresses today.
	Glyph, Label, Slug, Ref string
	// ModeDeleted is true if the mode is deleted now. Before is the version that this one
	// can be compared with; 0 if there is nothing to compare.
	ModeDeleted bool
	Before      int64
}

// historyData is the data of the page with the library's history.
type historyData struct {
	Items []historyItem
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
	// HasDeleted is true if some modes are deleted.
	HasDeleted bool
	Audit      access.Decision
}

// History lists the versions of all modes, the newest first.
func (p *Pages) History(v *shell.Request) error {
	after, hasCursor := shell.ParseHistoryCursor(v.Query("after"))
	entries, more, err := shell.ReadHistoryPage(func(last *postgres.ModeHistoryEntry, limit int) ([]postgres.ModeHistoryEntry, error) {
		from := after
		if last != nil {
			from = cursorOf(*last)
		}
		return p.DB.Modes.History(v.UserContext(), v.Org.ID, from, limit)
	}, func(s postgres.ModeHistoryEntry) int {
		if s.Previous == nil {
			return len(s.Content)
		}
		return len(s.Content) + len(s.Previous.Content)
	})
	if err != nil {
		return err
	}
	now, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	d := historyData{Newest: hasCursor, Audit: v.May(access.Request{Action: access.ReadAudit})}
	if d.HasDeleted, err = p.hasDeleted(v); err != nil {
		return err
	}
	if more {
		entries = entries[:len(entries)-1]
		d.Older = shell.FormatHistoryCursor(*cursorOf(entries[len(entries)-1]))
	}
	if d.Items, err = p.historyItems(v, entries, now); err != nil {
		return err
	}
	return v.Show("modes_history", shell.Page{
		Title: "History", Lead: "Changes to the modes of " + v.Org.Name + ", version by version.", Data: d,
	})
}

// historyItems returns versions as users read them. now holds the modes that exist now.
func (p *Pages) historyItems(v *shell.Request, entries []postgres.ModeHistoryEntry, now []postgres.ModeSummary) ([]historyItem, error) {
	actors, err := v.Actors()
	if err != nil {
		return nil, err
	}
	existing := make(map[uuid.UUID]postgres.ModeSummary, len(now))
	for _, m := range now {
		existing[m.ID] = m
	}
	out := make([]historyItem, len(entries))
	for i, g := range entries {
		change := p.versionSummary(g)
		row := newRow(g.Object.Slug, g.Object.Name, summary{})
		m, exists := existing[g.Object.ID]
		s := historyItem{
			versionItem: versionItem{
				Version: g.Version.Version.Version, Revision: g.Revision, CreatedAt: g.OccurredAt, Sentence: change.sentence,
				Deleted: g.Action == audit.Delete, Current: exists && m.Version == g.Version.Version.Version,
			},
			Glyph: row.Glyph, Label: row.Label, Slug: row.Slug, Ref: g.Object.ID.String(), ModeDeleted: !exists,
		}
		if exists {
			s.Ref = paths.Mode(m.Slug, s.Ref)
		}
		if change.differs && !s.Deleted {
			s.Before = s.Version - 1
		}
		if s.Author, err = actors.Name(g.Actor.ID); err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// versionSummary describes the change that a version made. It is computed once: texts can be
// long, and the versions that are compared never change.
type versionSummary struct {
	sentence string
	// differs is true if the mode differs from the version before.
	differs bool
}

func newVersionSummaryCache() shell.Cache[versionKey, versionSummary] {
	const bytes, overhead = 4 << 20, 100
	return shell.NewCache[versionKey](bytes, func(s versionSummary) int { return len(s.sentence) + overhead })
}

func (p *Pages) versionSummary(g postgres.ModeHistoryEntry) versionSummary {
	key := newVersionKey(g.Object.ID, g.Version.Version.Version, g.OccurredAt)
	change, ok := p.versionSummaryCache.Get(key)
	if !ok {
		change = versionSummary{p.describeVersion(g.Version, g.Previous), g.Previous != nil && len(modes.Diff(g.Previous.Object.Mode, g.Object.Mode)) > 0}
		p.versionSummaryCache.Put(key, change)
	}
	return change
}

func cursorOf(s postgres.ModeHistoryEntry) *postgres.HistoryCursor {
	return &postgres.HistoryCursor{Revision: s.Revision, Subject: s.Object.ID, Version: s.Version.Version.Version}
}

// hasDeleted reports whether there is a deleted mode that can be restored.
func (p *Pages) hasDeleted(v *shell.Request) (bool, error) {
	one, err := p.DB.Modes.Deleted(v.UserContext(), v.Org.ID, nil, 1)
	return len(one) > 0, err
}
