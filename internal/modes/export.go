package modes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/upload"
)

// SelectBySlug returns the modes with the given slugs, in the order of ms. Without slugs it
// returns all. An unknown slug is a *fault.Error (NotFound).
func SelectBySlug(ms []Mode, slugs []string) ([]Mode, error) {
	if len(slugs) == 0 {
		return ms, nil
	}
	requested := map[string]bool{}
	for _, s := range slugs {
		if !slices.ContainsFunc(ms, func(m Mode) bool { return SlugKey(m.Slug) == SlugKey(s) }) {
			return nil, fault.New(fault.NotFound, "not_found", "There is no mode with the slug %q", s)
		}
		requested[SlugKey(s)] = true
	}
	var selected []Mode
	for _, m := range ms {
		if requested[SlugKey(m.Slug)] {
			selected = append(selected, m)
		}
	}
	return selected, nil
}

// Exporter configures how modes are written.
type Exporter struct {
	// Format is FormatYAML, FormatJSON or FormatMarketplace; empty means YAML.
	Format string
	// Header becomes comments at the top; it applies to YAML only.
	Header string
	// Author is the author of the modes in a marketplace.
	Author string
}

func (e Exporter) validate() error {
	if slices.Contains([]string{"", FormatYAML, FormatJSON, FormatMarketplace}, e.Format) {
		return nil
	}
	return fault.New(fault.Invalid, "unknown_format", "Unknown format %q; use %s, %s or %s.",
		e.Format, FormatYAML, FormatJSON, FormatMarketplace)
}

// Extension returns the file extension of the format: "yaml" or "json".
func (e Exporter) Extension() string {
	if e.Format == FormatJSON {
		return "json"
	}
	return "yaml"
}

// File writes modes as one file. The same modes give the same bytes.
func (e Exporter) File(ms []Mode) ([]byte, error) {
	if err := e.validate(); err != nil {
		return nil, err
	}
	switch e.Format {
	case FormatJSON:
		return WriteJSON(ms), nil
	case FormatMarketplace:
		return WriteMarketplace(ms, e.Author, e.Header), nil
	default:
		return WriteYAML(ms, e.Header), nil
	}
}

// Archive writes a zip file with one file per mode, named after its slug, in the order given.
// The same modes give the same bytes.
func (e Exporter) Archive(ms []Mode) ([]byte, error) {
	if err := e.validate(); err != nil { // also if there are no modes
		return nil, err
	}
	names := fileNames{used: map[string]bool{}, extension: e.Extension()}
	files := make([]upload.File, len(ms))
	for i, m := range ms {
		data, err := e.File([]Mode{m})
		if err != nil {
			return nil, err
		}
		files[i] = upload.File{Name: names.next(m.Slug), Data: data}
	}
	return upload.Pack(files)
}

// fileNames generates names that are valid on every file system and unique ignoring case.
type fileNames struct {
	used      map[string]bool
	extension string
}

func (n *fileNames) next(slug string) string {
	base := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || isASCIILetter(r) {
			return r
		}
		return '-'
	}, slug)
	if isDeviceName(base) || strings.Trim(base, "-") == "" {
		base = "mode-" + base
	}
	name := base
	for i := 2; n.used[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	n.used[strings.ToLower(name)] = true
	return name + "." + n.extension
}

// isDeviceName reports whether Windows reserves the name, whatever its extension.
func isDeviceName(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains([]string{"con", "prn", "aux", "nul"}, name) {
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
}

// WriteMarketplace writes modes as marketplace items. The `content` of an item is a text with
// one mode's YAML.
func WriteMarketplace(ms []Mode, author, header string) []byte {
	items := make([]any, len(ms))
	for i, m := range ms {
		item := jsonast.Map{{Name: "id", Value: m.Slug}, {Name: "name", Value: m.Name}, {Name: "description", Value: summary(m)}}.WithText("author", author)
		items[i] = append(item, jsonast.Pair{Name: "tags", Value: []any{}}, jsonast.Pair{Name: "content", Value: string(WriteYAMLMode(m))})
	}
	return jsonast.MarshalYAML(jsonast.Map{{Name: "items", Value: items}}, header)
}

// maxSummary is about the length of the description that a marketplace displays, in characters.
const maxSummary = 200

// summary returns a description, which marketplaces require. It is the mode's own, if any, or
// the beginning of another text about its purpose.
func summary(m Mode) string {
	for _, s := range []string{m.Config.Description, m.Config.WhenToUse, m.Config.RoleDefinition} {
		line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
		line = strings.TrimSpace(line)
		if runes := []rune(line); len(runes) > maxSummary {
			line = strings.TrimSpace(string(runes[:maxSummary-1])) + "…"
		}
		if line != "" {
			return line
		}
	}
	return cmp.Or(m.Name, m.Slug)
}
