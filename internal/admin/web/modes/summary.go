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
	// text is the text that is searched, in lower case.
	text string
}

// summaryOf returns the summary of a mode without Advice, which summarized counts.
func summaryOf(m modes.Mode) (s summary) {
	c := m.Config
	for _, text := range []string{c.Description, c.WhenToUse, c.RoleDefinition} {
		if text = strings.TrimSpace(text); text != "" {
			line, _, _ := strings.Cut(text, "\n")
			s.Line = shell.Clip(line, 160)
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
	s.text = strings.ToLower(strings.Join([]string{m.Name, m.Slug, c.Description, c.WhenToUse, c.RoleDefinition, c.CustomInstructions}, "\n"))
	return s
}

// versionKey identifies a version of a mode. Its time distinguishes it from the version of
// the same number in a database that was restored from a backup.
type versionKey struct {
	id      uuid.UUID
	version int64
	at      int64
}

func keyOf(id uuid.UUID, version int64, at time.Time) versionKey {
	return versionKey{id, version, at.UnixMicro()}
}

// newSummaries returns a cache of the summaries of versions, which never change. Each
// version is read, checked and converted to lower case once, and lists of hundreds of modes
// read no prompts. The cache has room for the texts of a few libraries of maximum size.
func newSummaries() shell.Memory[versionKey, summary] {
	const bytes, overhead = 64 << 20, 500
	return shell.Remember[versionKey](bytes, func(s summary) int { return len(s.text) + overhead })
}

// summarized returns the heads of an organization's modes, their summaries in the same
// order, and their revision.
func (p *Pages) summarized(v *shell.Visit) ([]postgres.ModeHead, []summary, int64, error) {
	found := map[uuid.UUID]summary{}
	heads, whole, revision, err := p.DB.ModeHeadsAt(v.UserContext(), v.Org.ID, func(m postgres.ModeHead) bool {
		one, ok := p.summaries.Get(keyOf(m.ID, m.Version, m.UpdatedAt))
		found[m.ID] = one
		return !ok
	})
	if err != nil {
		return nil, nil, 0, err
	}
	for _, m := range whole {
		one := summaryOf(m.Mode)
		one.Advice = len(lint.For(m.Mode))
		found[m.ID] = one
		p.summaries.Put(keyOf(m.ID, m.Version, m.UpdatedAt), one)
	}
	out := make([]summary, len(heads))
	for i, m := range heads {
		out[i] = found[m.ID]
	}
	return heads, out, revision, nil
}
