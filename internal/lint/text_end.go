package lint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"orgmodes/internal/modes"
)

// manyFiles is the largest number of files for which a shared note is listed in each of them.
const manyFiles = 4

// spread describes a note that many files share.
type spread struct {
	files, findings int
	first           string
}

// sharedNotes returns the notes that are listed once for all files. Notes are compared by their
// text: one that is worded differently for some modes of a file stays with that file.
func sharedNotes(results []Result) map[said]*spread {
	all := map[said]*spread{}
	for _, r := range results {
		for _, g := range groupsOf(r.Findings) {
			if g.severity != Hint {
				continue
			}
			if all[g.said] == nil {
				all[g.said] = &spread{first: r.File + ":" + g.findings[0].place()}
			}
			all[g.said].files++
			all[g.said].findings += len(g.findings)
		}
	}
	maps.DeleteFunc(all, func(_ said, s *spread) bool { return s.files <= manyFiles })
	return all
}

func writeShared(b *strings.Builder, shared map[said]*spread) {
	if len(shared) == 0 {
		return
	}
	b.WriteString("\nIn many files:\n")
	order := slices.SortedFunc(maps.Keys(shared), func(x, y said) int {
		return cmp.Or(cmp.Compare(shared[y].findings, shared[x].findings), cmp.Compare(x.text, y.text))
	})
	for _, s := range order {
		what := shared[s]
		s.write(b, []string{plural(what.files, "file") + ", " + plural(what.findings, "time") + ";", "the first is " + what.first})
	}
}

// writeAcross writes the findings of Compare, once per slug.
func writeAcross(b *strings.Builder, results []Result) {
	places, slugs := map[string][]string{}, map[string]string{}
	for _, r := range results {
		for _, f := range r.Findings {
			if len(f.Others) > 0 {
				key := modes.SlugKey(f.Mode)
				places[key] = append(places[key], Place{r.File, f.Line, f.Column}.String())
				slugs[key] = cmp.Or(slugs[key], f.Mode)
			}
		}
	}
	if len(places) == 0 {
		return
	}
	r := acrossRule()
	const indent = "           "
	fmt.Fprintf(b, "\n%s\n", wrapped(strings.Fields(r.Title+". "+r.Fix+" ("+r.ID+")"), ""))
	for _, key := range slices.Sorted(maps.Keys(places)) {
		at := places[key]
		if more := len(at) - 3; more > 1 {
			at = append(at[:3:3], fmt.Sprintf("and %d more", more))
		}
		fmt.Fprintf(b, "  %-8s %s\n%s%s\n", r.Severity, slugs[key], indent, wrapped(at, indent))
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
		rules := slices.Concat(ReportRules(), load().Rules)
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
		plural(Count(results, Error), "error"), plural(Count(results, Warning), "warning"), plural(Count(results, Hint), "note"))
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
	fmt.Fprintf(b, "Errors in: %s\n\n", wrapped(listed(names), indent))
}
