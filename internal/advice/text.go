package advice

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes a report for people, a file at a time.
func WriteText(w io.Writer, results []Result) error {
	var b strings.Builder
	totalModes, totalValid, skipped := 0, 0, 0
	for _, r := range results {
		if r.Skipped != "" {
			skipped++
			fmt.Fprintf(&b, "%s: %s\n", r.File, r.Skipped)
			continue
		}
		totalModes, totalValid = totalModes+r.Modes, totalValid+r.Valid
		fmt.Fprintf(&b, "%s: %s\n", r.File, headline(r))
		writeFindings(&b, r.Findings)
	}
	fmt.Fprintf(&b, "\n%s, %s: %d valid, %s, %s, %s",
		plural(len(results)-skipped, "file"), plural(totalModes, "mode"), totalValid,
		plural(Count(results, Error), "problem"), plural(Count(results, Warning), "warning"), plural(Count(results, Hint), "note"))
	if skipped > 0 {
		fmt.Fprintf(&b, "; %s skipped", plural(skipped, "file"))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func headline(r Result) string {
	if r.Form == "" {
		return "can't be read"
	}
	s := plural(r.Modes, "mode")
	if r.Valid < r.Modes {
		s += fmt.Sprintf(", %d of them valid", r.Valid)
	}
	if len(r.Findings) == 0 {
		s += ", nothing to say"
	}
	return s
}

// tooOften is how many modes of a file may be told the same before it is said
// once for all of them.
const tooOften = 4

// writeFindings writes what is said, mode by mode, and at the end the notes that
// many modes share.
func writeFindings(b *strings.Builder, findings []Finding) {
	type saying struct{ rule, detail string }
	modesTold := map[saying][]string{}
	var order []saying
	about := func(f Finding) saying { return saying{f.Rule, f.Detail} }
	for _, f := range findings {
		if f.Severity == Hint && f.Mode != "" {
			modesTold[about(f)] = append(modesTold[about(f)], f.Mode)
		}
	}
	first := map[saying]Finding{}
	mode := ""
	for _, f := range findings {
		if len(modesTold[about(f)]) >= tooOften {
			if _, ok := first[about(f)]; !ok {
				first[about(f)] = f
				order = append(order, about(f))
			}
			continue
		}
		if f.Mode != mode && f.Mode != "" {
			fmt.Fprintf(b, "  %s\n", f.Mode)
		}
		mode = f.Mode
		writeFinding(b, f)
	}
	for _, s := range order {
		names := modesTold[s]
		more := ""
		if len(names) > 3 {
			more = fmt.Sprintf(" and %d more", len(names)-3)
		}
		fmt.Fprintf(b, "  %s%s\n", strings.Join(names[:3], ", "), more)
		writeFinding(b, first[s])
	}
}

func writeFinding(b *strings.Builder, f Finding) {
	place := ""
	if f.Line > 0 {
		place = fmt.Sprintf("%d:%d", f.Line, f.Column)
	}
	fmt.Fprintf(b, "    %-8s %-7s  %s", place, f.Severity, f.Detail)
	if f.Fix != "" {
		fmt.Fprintf(b, " %s", f.Fix)
	}
	fmt.Fprintf(b, " (%s)\n", f.Rule)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
