package modes

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// summary holds the parts of a mode's configuration that lists show and search.
type summary struct {
	// Line describes the purpose of the mode in one line.
	Line   string
	Chips  []chip
	Advice int
	// searchText is the text that is searched, in lower case.
	searchText string
}

// newSummary returns the summary of a mode without Advice, which loadSummaries counts.
func newSummary(m modes.Mode) (s summary) {
	c := m.Config
	for _, text := range []string{c.Description, c.WhenToUse, c.RoleDefinition} {
		if text = strings.TrimSpace(text); text != "" {
			line, _, _ := strings.Cut(text, "\n")
			s.Line = shell.Truncate(line, 160)
			break
		}
	}
	for _, g := range c.Groups {
		one := chip{Name: g.Name}
		if g.Restriction != nil {
			one.Restricted = "restricted"
			if g.Restriction.FileRegex != "" {
				one.Restricted = "only files matching " + g.Restriction.FileRegex
			}
			if g.Restriction.Description != "" {
				one.Restricted += " (" + g.Restriction.Description + ")"
			}
		}
		s.Chips = append(s.Chips, one)
	}
	s.searchText = strings.ToLower(strings.Join([]string{m.Name, m.Slug, c.Description, c.WhenToUse, c.RoleDefinition, c.CustomInstructions}, "\n"))
	return s
}

// versionKey identifies a version of a mode. Its time distinguishes it from the version of
// the same number in a database that was restored from a backup.
type versionKey struct {
	id      uuid.UUID
	version int64
	at      int64
}

func newVersionKey(id uuid.UUID, version int64, at time.Time) versionKey {
	return versionKey{id, version, at.UnixMicro()}
}

// newSummaryCache returns a cache of the summaries of versions, which never change. Each
// version is read, checked and converted to lower case once, and lists of hundreds of modes
// read no prompts. The cache has room for the texts of a few libraries of maximum size.
func newSummaryCache() shell.Cache[versionKey, summary] {
	const bytes, overhead = 64 << 20, 500
	return shell.NewCache[versionKey](bytes, func(s summary) int { return len(s.searchText) + overhead })
}

// loadSummaries returns the heads of an organization's modes, their summaries in the same
// order, and their revision.
func (p *Pages) loadSummaries(v *shell.Request) ([]postgres.ModeSummary, []summary, int64, error) {
	found := map[uuid.UUID]summary{}
	heads, whole, revision, err := p.DB.ModeSummariesWithRevision(v.UserContext(), v.Org.ID, func(m postgres.ModeSummary) bool {
		one, ok := p.summaryCache.Get(newVersionKey(m.ID, m.Version, m.UpdatedAt))
		found[m.ID] = one
		return !ok
	})
	if err != nil {
		return nil, nil, 0, err
	}
	for _, m := range whole {
		one := newSummary(m.Mode)
		one.Advice = len(lint.Advise(m.Mode))
		found[m.ID] = one
		p.summaryCache.Put(newVersionKey(m.ID, m.Version, m.UpdatedAt), one)
	}
	out := make([]summary, len(heads))
	for i, m := range heads {
		out[i] = found[m.ID]
	}
	return heads, out, revision, nil
}
