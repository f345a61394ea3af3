package advice

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteText writes a report for people: file by file, in each the errors first,
// and what is the same for several modes once. What is the same for many files
// comes once at the end, before the counts. A report of one file or in JSON has
// every place.
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

// headline sums up a file of whose findings some are said here.
func headline(r Result, here []group) string {
	if r.Form == "" {
		return "can't be read"
	}
	s := plural(r.Modes, "mode")
	if r.Valid < r.Modes {
		s += fmt.Sprintf(", %d of them valid", r.Valid)
	}
	if len(r.Findings) == 0 {
		return s + ", nothing to say"
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
		parts = append(parts, fmt.Sprintf("%d said at the end", later))
	}
	return s + "; " + strings.Join(parts, ", ")
}

// said is what a finding says.
type said struct {
	severity Severity
	rule     string
	text     string
}

func (f Finding) said() said {
	return said{f.Severity, f.Rule, strings.TrimSpace(f.Detail + " " + f.Fix)}
}

// group is findings of one file that say the same.
type group struct {
	said
	findings []Finding
}

// groupsOf puts together what says the same, the more important first, otherwise
// in the order of the text.
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

// inGeneral is what the finding's rule says of any group and pattern; empty where
// that isn't all that differs from mode to mode.
func inGeneral(f Finding) string {
	rules := load().Rules
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == f.Rule })
	if i < 0 || !strings.Contains(rules[i].Detail, "{pattern}") {
		return ""
	}
	a := rules[i].advice(finding{words: map[string]string{"pattern": "the pattern", "group": "the group"}}, f.Clients)
	return sentence(a.Detail) + " " + a.Fix
}

// where names the places, of notes the first ones only. all is how many modes the
// file has.
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

// listed puts commas behind all but the last.
func listed(words []string) []string {
	for i := range words[:len(words)-1] {
		words[i] += ","
	}
	return words
}

// place is line, column and mode.
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

// textWidth is where lines are broken, if they can be.
const textWidth = 100

// wrapped breaks a line between words; all lines but the first are indented.
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
