package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"orgmodes/internal/modes"
)

// maxNoteFiles is the largest number of files for which a shared note is listed in each of them.
const maxNoteFiles = 4

// sharedNote describes a note that many files share.
type sharedNote struct {
	files, findings int
	first           string
}

// sharedNotes returns the notes that are listed once for all files. Notes are compared by their
// text: one that is worded differently for some modes of a file stays with that file.
func sharedNotes(results []Result) map[message]*sharedNote {
	all := map[message]*sharedNote{}
	for _, r := range results {
		for _, g := range groupFindings(r.Findings) {
			if g.severity != Info {
				continue
			}
			if all[g.message] == nil {
				all[g.message] = &sharedNote{first: r.File + ":" + g.findings[0].location()}
			}
			all[g.message].files++
			all[g.message].findings += len(g.findings)
		}
	}
	maps.DeleteFunc(all, func(_ message, s *sharedNote) bool { return s.files <= maxNoteFiles })
	return all
}

func writeSharedNotes(b *strings.Builder, shared map[message]*sharedNote) {
	if len(shared) == 0 {
		return
	}
	b.WriteString("\nIn many files:\n")
	order := slices.SortedFunc(maps.Keys(shared), func(x, y message) int {
		return cmp.Or(cmp.Compare(shared[y].findings, shared[x].findings), cmp.Compare(x.text, y.text))
	})
	for _, s := range order {
		note := shared[s]
		s.write(b, []string{plural(note.files, "file") + ", " + plural(note.findings, "time") + ";", "the first is " + note.first})
	}
}

// writeCrossFile writes the findings of Compare, once per slug.
func writeCrossFile(b *strings.Builder, results []Result) {
	locations, slugs := map[string][]string{}, map[string]string{}
	for _, r := range results {
		for _, f := range r.Findings {
			if len(f.Others) > 0 {
				key := modes.SlugKey(f.Mode)
				locations[key] = append(locations[key], Location{r.File, f.Line, f.Column}.String())
				slugs[key] = cmp.Or(slugs[key], f.Mode)
			}
		}
	}
	if len(locations) == 0 {
		return
	}
	r := crossFileRule()
	const indent = "           "
	fmt.Fprintf(b, "\n%s\n", wrap(strings.Fields(r.Title+". "+r.Fix+" ("+r.ID+")"), ""))
	for _, key := range slices.Sorted(maps.Keys(locations)) {
		at := locations[key]
		if more := len(at) - 3; more > 1 {
			at = append(at[:3:3], fmt.Sprintf("and %d more", more))
		}
		fmt.Fprintf(b, "  %-8s %s\n%s%s\n", r.Severity, slugs[key], indent, wrap(at, indent))
	}
}

// writeCounts writes the end of the report: the number of findings per rule, and the totals.
func writeCounts(b *strings.Builder, results []Result) {
	all, valid, skipped := 0, 0, 0
	found := map[string]int{}
	for _, r := range results {
		if r.Skipped != "" {
			skipped++
		}
		all, valid = all+r.Modes, valid+r.Valid
		for _, f := range r.Findings {
			found[f.Rule]++
		}
	}
	b.WriteString("\n")
	if len(results)-skipped > 1 && len(found) > 0 {
		writeErroneous(b, results)
		rules := slices.Concat(ReportRules(), loadRules().Rules)
		slices.SortStableFunc(rules, func(x, y Rule) int {
			return cmp.Or(rank(x.Severity)-rank(y.Severity), cmp.Compare(found[y.ID], found[x.ID]))
		})
		for _, r := range rules {
			if found[r.ID] > 0 {
				fmt.Fprintf(b, "%6d %-8s %-24s %s\n", found[r.ID], r.Severity, r.ID, r.Title)
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "%s, %s: %d valid, %s, %s, %s",
		plural(len(results)-skipped, "file"), plural(all, "mode"), valid,
		plural(Count(results, Error), "error"), plural(Count(results, Warning), "warning"), plural(Count(results, Info), "note"))
	if skipped > 0 {
		fmt.Fprintf(b, "; %s skipped", plural(skipped, "file"))
	}
	b.WriteString("\n")
	if len(found) > 0 {
		b.WriteString("Error: the mode or file is refused. Warning: an editor behaves differently from what the file says. " +
			"Note: good to know.\n")
	}
}

// writeErroneous lists the files with errors again, as their findings can be far above.
func writeErroneous(b *strings.Builder, results []Result) {
	var names []string
	for _, r := range results {
		if Count([]Result{r}, Error) > 0 {
			names = append(names, r.File)
		}
	}
	if len(names) == 0 {
		return
	}
	if more := len(names) - 10; more > 1 {
		names = append(names[:10], fmt.Sprintf("and %d more", more))
	}
	const indent = "           "
	fmt.Fprintf(b, "Errors in: %s\n\n", wrap(withCommas(names), indent))
}
