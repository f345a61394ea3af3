package lint

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteText writes a report for people, file by file. The errors of a file come first, and a
// finding that several modes share is listed once. Notes that many files share are listed once
// at the end, before the counts. WriteJSON lists every position.
func WriteText(w io.Writer, results []Result) error {
	var b strings.Builder
	shared := sharedNotes(results)
	for _, r := range results {
		if r.Skipped != "" {
			fmt.Fprintf(&b, "%s: %s\n", r.File, r.Skipped)
			continue
		}
		groups := groupsOf(r.Findings)
		here := slices.DeleteFunc(slices.Clone(groups), func(g group) bool {
			return shared[g.said] != nil || len(g.findings[0].Others) > 0
		})
		fmt.Fprintf(&b, "%s: %s\n", r.File, headline(r, here))
		for _, g := range here {
			g.write(&b, g.where(r.Modes))
		}
	}
	writeAcross(&b, results)
	writeShared(&b, shared)
	writeCounts(&b, results)
	_, err := io.WriteString(w, b.String())
	return err
}

// headline summarizes a file; here are the findings that are listed with the file.
func headline(r Result, here []group) string {
	if r.Form == "" {
		return "can't be read"
	}
	s := plural(r.Modes, "mode")
	if r.Valid < r.Modes {
		s += fmt.Sprintf(", %d of them valid", r.Valid)
	}
	if len(r.Findings) == 0 {
		return s + ", no findings"
	}
	counts, later := map[Severity]int{}, len(r.Findings)
	for _, g := range here {
		counts[g.severity] += len(g.findings)
		later -= len(g.findings)
	}
	var parts []string
	for _, severity := range []Severity{Error, Warning, Hint} {
		if n := counts[severity]; n > 0 {
			parts = append(parts, plural(n, string(severity)))
		}
	}
	if later > 0 {
		parts = append(parts, fmt.Sprintf("%d listed at the end", later))
	}
	return s + "; " + strings.Join(parts, ", ")
}

// said is the text of a finding, without its position.
type said struct {
	severity Severity
	rule     string
	text     string
}

func (f Finding) said() said {
	return said{f.Severity, f.Rule, strings.TrimSpace(f.Detail + " " + f.Fix)}
}

// group holds findings of one file with the same text.
type group struct {
	said
	findings []Finding
}

// groupsOf groups findings with the same text, the most severe first, otherwise by position.
func groupsOf(findings []Finding) []group {
	perRule := map[string]int{}
	for _, f := range findings {
		perRule[f.Rule]++
	}
	var groups []group
	for _, f := range findings {
		says := f.said()
		if perRule[f.Rule] > 1 {
			says.text = cmp.Or(inGeneral(f), says.text)
		}
		if i := slices.IndexFunc(groups, func(g group) bool { return g.said == says }); i >= 0 {
			groups[i].findings = append(groups[i].findings, f)
			continue
		}
		groups = append(groups, group{says, []Finding{f}})
	}
	slices.SortStableFunc(groups, func(a, b group) int { return rank(a.severity) - rank(b.severity) })
	return groups
}

// inGeneral returns the text of the finding's rule for any group and pattern, or "" if modes
// differ in more than these.
func inGeneral(f Finding) string {
	rules := load().Rules
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == f.Rule })
	if i < 0 || !strings.Contains(rules[i].Detail, "{pattern}") {
		return ""
	}
	a := rules[i].advice(finding{words: map[string]string{"pattern": "the pattern", "group": "the group"}}, f.Clients)
	return sentence(a.Detail) + " " + a.Fix
}

// where lists the positions; for notes only the first ones. all is the number of modes in the
// file.
func (g group) where(all int) []string {
	places := make([]string, len(g.findings))
	for i, f := range g.findings {
		places[i] = f.place()
	}
	if n := len(places); g.severity == Hint && n > 4 {
		if n == all {
			return []string{fmt.Sprintf("all %d modes, from %s on", n, places[0])}
		}
		return listed(append(places[:3], fmt.Sprintf("and %d more", n-3)))
	}
	return listed(places)
}

// listed adds a comma to all words but the last.
func listed(words []string) []string {
	for i := range words[:len(words)-1] {
		words[i] += ","
	}
	return words
}

// place returns line, column and mode.
func (f Finding) place() string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, fmt.Sprintf("%d:%d", f.Line, f.Column))
	}
	if f.Mode != "" {
		parts = append(parts, f.Mode)
	}
	return strings.Join(parts, " ")
}

func (s said) write(b *strings.Builder, where []string) {
	const indent = "           "
	fmt.Fprintf(b, "  %-8s %s\n", s.severity, wrapped(where, indent))
	fmt.Fprintf(b, "%s%s\n", indent, wrapped(strings.Fields(s.text+" ("+s.rule+")"), indent))
}

// textWidth is the width at which lines are wrapped, if possible.
const textWidth = 100

// wrapped wraps words into lines; all lines but the first are indented.
func wrapped(words []string, indent string) string {
	var b strings.Builder
	width := len(indent)
	for i, word := range words {
		length := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+length > textWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += length
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
