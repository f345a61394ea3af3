package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
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

// FormatZip is an archive with a YAML file for each mode.
const FormatZip = "zip"

// Formats are all that can be exported, the usual one first.
func Formats() []string {
	return []string{modes.FormatYAML, modes.FormatJSON, modes.FormatMarketplace, FormatZip}
}

// Export says what to write.
type Export struct {
	View View
	// Slugs are the modes to write; none means all.
	Slugs []string
	// Format is one of Formats.
	Format string
}

// mergedHeader warns whoever finds the merged file on a disk.
const mergedHeader = `The effective modes of this organization, the built-in ones included. Don't save it as
an editor's own modes file: there it would freeze the built-in modes at what they are today.`

// writing bounds the files that are written at the same time: a library in memory, its
// nodes and its file come to several times its size.
var writing = semaphore.NewWeighted(2)

// Write returns a file of an organization's modes, in the order of publication. It waits
// while other files are written, until ctx is done.
func Write(ctx context.Context, db *postgres.DB, org organization.Organization, builtins []modes.Mode, e Export) ([]byte, error) {
	if err := writing.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for other exports: %w", err)
	}
	defer writing.Release(1)
	ms, err := e.modes(ctx, db, org.ID, builtins)
	if err != nil {
		return nil, err
	}
	if e.Format == FormatZip {
		return modes.Export{}.Archive(ms)
	}
	out := modes.Export{Format: e.Format, Author: org.Name}
	if e.View == Merged {
		out.Header = mergedHeader
	}
	return out.File(ms)
}

func (e Export) modes(ctx context.Context, db *postgres.DB, org uuid.UUID, builtins []modes.Mode) ([]modes.Mode, error) {
	all, err := db.Modes.List(ctx, org)
	if err != nil {
		return nil, err
	}
	ms := make([]modes.Mode, len(all))
	for i, m := range all {
		ms[i] = m.Mode
	}
	if e.View == Merged {
		ms = modes.Merge(builtins, ms)
	}
	return modes.Choose(ms, e.Slugs)
}

// ModeOf returns one mode of an organization's view, by its slug or, for one of
// its own, by its id.
func ModeOf(ctx context.Context, db *postgres.DB, org uuid.UUID, builtins []modes.Mode, ref string) (modes.Mode, error) {
	own, err := db.Modes.Get(ctx, org, ref)
	if err == nil || !fault.Is(err, fault.NotFound) {
		return own.Mode, err
	}
	for _, b := range builtins {
		if modes.SlugKey(b.Slug) == modes.SlugKey(ref) {
			return b, nil
		}
	}
	return modes.Mode{}, err
}

// MediaType is what the exported file is on the wire.
func (e Export) MediaType() string {
	switch e.Format {
	case modes.FormatJSON:
		return "application/json; charset=utf-8"
	case FormatZip:
		return "application/zip"
	default:
		return "application/yaml; charset=utf-8"
	}
}

// Name is what an exported file is called: "acme.modes.yaml",
// "acme.merged.modes.json", "acme.marketplace.yaml", "acme.modes.zip", and
// "acme.docs.modes.yaml" where it is one mode.
func (e Export) Name(orgSlug string) string {
	name := orgSlug
	if e.View == Merged {
		name += ".merged"
	}
	if len(e.Slugs) == 1 {
		name += "." + e.Slugs[0]
	}
	switch e.Format {
	case modes.FormatMarketplace:
		return name + ".marketplace.yaml"
	case FormatZip, modes.FormatJSON:
		return fmt.Sprintf("%s.modes.%s", name, e.Format)
	default:
		return name + ".modes.yaml"
	}
}
