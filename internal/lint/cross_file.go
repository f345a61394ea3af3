package lint

import (
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/modes"
)

// slugPosition is the position of a slug in a file.
type slugPosition struct {
	slug         string
	line, column int
}

// slugPositions returns the slugs of a file, each once: a second mode with the same slug has
// its own problem.
func slugPositions(r modes.FileResult) []slugPosition {
	var out []slugPosition
	for _, e := range r.File.Entries {
		if e.Mode.Slug != "" && e.Conflict == nil {
			line, column := e.Position("/slug")
			out = append(out, slugPosition{e.Mode.Slug, line, column})
		}
	}
	return out
}

// Compare adds findings that only the files of a run together show: several files have a mode
// of the same slug. Each position gets a finding that lists the others. It is a warning, as the
// files can be meant for different organizations. An import of all of them into one
// organization refuses all but the first.
func Compare(results []Result) {
	r := crossFileRule()
	locations := map[string][]Location{}
	for _, res := range results {
		for _, s := range res.slugs {
			key := modes.SlugKey(s.slug)
			locations[key] = append(locations[key], Location{res.File, s.line, s.column})
		}
	}
	for i := range results {
		res := &results[i]
		for _, s := range res.slugs {
			others := slices.DeleteFunc(slices.Clone(locations[modes.SlugKey(s.slug)]), func(p Location) bool {
				return p == Location{res.File, s.line, s.column}
			})
			if len(others) == 0 {
				continue
			}
			a := r.advice(finding{pointer: r.Pointer, placeholders: map[string]string{"slug": s.slug, "others": joinLocations(others)}}, nil)
			res.Findings = append(res.Findings, Finding{
				Rule: a.Rule, Severity: a.Severity, Mode: s.slug, Pointer: a.Pointer, Line: s.line, Column: s.column,
				Detail: a.Detail, Fix: a.Fix, Others: others,
			})
		}
		res.sort()
	}
}

// crossFileRule returns the rule for findings across files.
func crossFileRule() Rule {
	rules := loadRules().Rules
	return rules[slices.IndexFunc(rules, func(r Rule) bool { return r.CrossFile })]
}

// joinLocations lists the first locations: "a.yaml:3:11, b.yaml:5:3, c.yaml:1:2 and 4 more".
func joinLocations(locations []Location) string {
	names := make([]string, len(locations))
	for i, p := range locations {
		names[i] = p.String()
	}
	if more := len(names) - 3; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), more)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

// String returns the location as editors and terminals recognize it: FILE:line:column.
func (p Location) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }
