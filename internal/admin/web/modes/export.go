package modes

import (
	"mime"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// exportFile is a file that the user can download.
type exportFile struct{ Name, Path, Purpose string }

// exportData is the data of the page that offers all files.
type exportData struct {
	Own, Merged []exportFile
	// NoOwnModes is true if the organization has no modes besides the built-in ones.
	NoOwnModes bool
}

// Export answers with a file in ?format=. It holds the modes selected with ?mode=, which
// can be built-in ones, or all modes in ?view= (own or merged). Without any of these
// parameters, Export shows the page that offers the files.
func (p *Pages) Export(v *shell.Request) error {
	query := v.Context().QueryArgs()
	if !query.Has("mode") && !query.Has("format") && !query.Has("view") {
		return p.showExport(v)
	}
	e := transfer.ModeExport{View: transfer.View(v.Query("view", string(transfer.ViewOwn))), Format: v.Query("format", modes.FormatYAML)}
	if e.View != transfer.ViewOwn && e.View != transfer.ViewMerged || !slices.Contains(transfer.ModeFormats(), e.Format) {
		return fault.New(fault.Malformed, "malformed_query", "Modes can be exported as %s, and the view is own or merged", strings.Join(transfer.ModeFormats(), ", "))
	}
	for _, slug := range query.PeekMulti("mode") {
		e.Slugs = append(e.Slugs, string(slug))
		if p.isBuiltin(string(slug)) {
			e.View = transfer.ViewMerged
		}
	}
	data, err := transfer.WriteModes(v.UserContext(), p.DB, v.Org, p.Builtins, e)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, e.MediaType())
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": e.Name(v.Org.Slug)}))
	return v.Send(data)
}

// formatPurposes describes the use of each format.
var formatPurposes = map[string]string{
	modes.FormatYAML:        "What editors keep: save it as .roomodes, .kilocodemodes or custom_modes.yaml",
	modes.FormatJSON:        "The same for programs",
	modes.FormatMarketplace: "Items of a marketplace, each with its mode inside",
	transfer.FormatZip:      "One YAML file for each mode: for a repository, where each has its own history",
}

// mergedPurposes are formatPurposes for files that have the built-in modes too.
var mergedPurposes = map[string]string{
	modes.FormatYAML:        "All modes in one file, to read",
	modes.FormatJSON:        "The same for programs",
	modes.FormatMarketplace: "Items of a marketplace, each with its mode inside",
	transfer.FormatZip:      "One YAML file for each mode, to compare with a repository",
}

func (p *Pages) showExport(v *shell.Request) error {
	own, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	d := exportData{NoOwnModes: len(own) == 0}
	for _, format := range transfer.ModeFormats() {
		e := transfer.ModeExport{View: transfer.ViewOwn, Format: format}
		path := v.Address("/modes/export") + "?format=" + format
		d.Own = append(d.Own, exportFile{e.Name(v.Org.Slug), path, formatPurposes[format]})
		e.View = transfer.ViewMerged
		d.Merged = append(d.Merged, exportFile{e.Name(v.Org.Slug), path + "&view=merged", mergedPurposes[format]})
	}
	return v.Show("modes_export", shell.Page{
		Title: "Export modes", Lead: "Whatever is exported can be imported again, and comes back the same.",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}
