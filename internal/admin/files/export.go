package files

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// View says which modes of an organization are meant.
type View string

// The views.
const (
	// Own is the organization's own modes: safe to save as an editor's file.
	Own View = "own"
	// Merged is what editors work with: the built-in modes, replaced by the
	// organization's of the same slug, and its others.
	Merged View = "merged"
)

// Export says what to write.
type Export struct {
	View View
	// Slugs are the modes to write; none means all.
	Slugs []string
	// Format is modes.FormatYAML or modes.FormatJSON.
	Format string
}

// mergedHeader warns whoever finds the merged file on a disk.
const mergedHeader = `The effective modes of this organization, the built-in ones included. Don't save it as
an editor's own modes file: there it would freeze the built-in modes at what they are today.`

// Write returns a file of an organization's modes, in the order of publication.
func Write(ctx context.Context, db *postgres.DB, org uuid.UUID, builtins []modes.Mode, e Export) ([]byte, error) {
	all, err := db.Modes(ctx, org)
	if err != nil {
		return nil, err
	}
	ms := make([]modes.Mode, len(all))
	for i, m := range all {
		ms[i] = m.Mode
	}
	header := ""
	if e.View == Merged {
		ms = modes.Merge(builtins, ms)
		header = mergedHeader
	}
	if len(e.Slugs) > 0 {
		if ms, err = chosen(ms, e.Slugs); err != nil {
			return nil, err
		}
	}
	if e.Format == modes.FormatJSON {
		return modes.WriteJSON(ms), nil
	}
	return modes.WriteYAML(ms, header), nil
}

func chosen(ms []modes.Mode, slugs []string) ([]modes.Mode, error) {
	wanted := map[string]bool{}
	for _, s := range slugs {
		known := slices.ContainsFunc(ms, func(m modes.Mode) bool { return modes.SlugKey(m.Slug) == modes.SlugKey(s) })
		if !known {
			return nil, fault.New(fault.NotFound, "not_found", "There is no mode with the slug %q", s)
		}
		wanted[modes.SlugKey(s)] = true
	}
	return slices.DeleteFunc(ms, func(m modes.Mode) bool { return !wanted[modes.SlugKey(m.Slug)] }), nil
}

// Name is what an exported file is called: "acme.modes.yaml", or
// "acme.merged.modes.json".
func (e Export) Name(orgSlug string) string {
	middle := ""
	if e.View == Merged {
		middle = ".merged"
	}
	return fmt.Sprintf("%s%s.modes.%s", orgSlug, middle, e.Format)
}
