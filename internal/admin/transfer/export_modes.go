package transfer

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

// View selects which modes of an organization to export.
type View string

// The views.
const (
	// ViewOwn is the organization's own modes: safe to save as an editor's file.
	ViewOwn View = "own"
	// ViewMerged holds the modes that editors work with: the built-in modes, replaced by the
	// organization's of the same slug, and its others.
	ViewMerged View = "merged"
)

// FormatZip is an archive with a YAML file for each mode.
const FormatZip = "zip"

// ModeFormats returns all export formats, the default first.
func ModeFormats() []string {
	return []string{modes.FormatYAML, modes.FormatJSON, modes.FormatMarketplace, FormatZip}
}

// ModeExport selects the modes to write and their format.
type ModeExport struct {
	View View
	// Slugs are the modes to write; none means all.
	Slugs []string
	// Format is one of ModeFormats.
	Format string
}

// mergedHeader is written into a merged file, as a warning to anyone who finds it on a
// disk.
const mergedHeader = `The effective modes of this organization, the built-in ones included. Don't save it as
an editor's own modes file: there it would freeze the built-in modes at what they are today.`

// exportSemaphore bounds the number of concurrent exports. Each holds a library, its nodes and
// its file in memory, which take several times the library's size.
var exportSemaphore = semaphore.NewWeighted(2)

// WriteModes returns a file of an organization's modes, in the order of publication. It
// waits for other exports until ctx is done.
func WriteModes(ctx context.Context, db *postgres.DB, org organization.Organization, builtins []modes.Mode, e ModeExport) ([]byte, error) {
	if err := exportSemaphore.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait for other exports: %w", err)
	}
	defer exportSemaphore.Release(1)
	ms, err := e.modes(ctx, db, org.ID, builtins)
	if err != nil {
		return nil, err
	}
	if e.Format == FormatZip {
		return modes.Exporter{}.Archive(ms)
	}
	out := modes.Exporter{Format: e.Format, Author: org.Name}
	if e.View == ViewMerged {
		out.Header = mergedHeader
	}
	return out.File(ms)
}

func (e ModeExport) modes(ctx context.Context, db *postgres.DB, org uuid.UUID, builtins []modes.Mode) ([]modes.Mode, error) {
	all, err := db.Modes.List(ctx, org)
	if err != nil {
		return nil, err
	}
	ms := make([]modes.Mode, len(all))
	for i, m := range all {
		ms[i] = m.Mode
	}
	if e.View == ViewMerged {
		ms = modes.Merge(builtins, ms)
	}
	return modes.SelectBySlug(ms, e.Slugs)
}

// FindMode returns one mode of an organization, its own or a built-in one, by slug or,
// for its own, by id.
func FindMode(ctx context.Context, db *postgres.DB, org uuid.UUID, builtins []modes.Mode, ref string) (modes.Mode, error) {
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

// MediaType returns the Content-Type of the exported file.
func (e ModeExport) MediaType() string {
	switch e.Format {
	case modes.FormatJSON:
		return "application/json; charset=utf-8"
	case FormatZip:
		return "application/zip"
	default:
		return "application/yaml; charset=utf-8"
	}
}

// Name returns the name of an exported file: "acme.modes.yaml",
// "acme.merged.modes.json", "acme.marketplace.yaml", "acme.modes.zip", and
// "acme.docs.modes.yaml" for a single mode.
func (e ModeExport) Name(orgSlug string) string {
	name := orgSlug
	if e.View == ViewMerged {
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
