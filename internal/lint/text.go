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
		groups := groupFindings(r.Findings)
		here := slices.DeleteFunc(slices.Clone(groups), func(g group) bool {
			return shared[g.message] != nil || len(g.findings[0].Others) > 0
		})
		fmt.Fprintf(&b, "%s: %s\n", r.File, headline(r, here))
		for _, g := range here {
			g.write(&b, g.positions(r.Modes))
		}
	}
	writeCrossFile(&b, results)
	writeSharedNotes(&b, shared)
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
	for _, severity := range []Severity{Error, Warning, Info} {
		if n := counts[severity]; n > 0 {
			parts = append(parts, plural(n, string(severity)))
		}
	}
	if later > 0 {
		parts = append(parts, fmt.Sprintf("%d listed at the end", later))
	}
	return s + "; " + strings.Join(parts, ", ")
}

// message is the text of a finding, without its position.
type message struct {
	severity Severity
	rule     string
	text     string
}

func (f Finding) message() message {
	return message{f.Severity, f.Rule, strings.TrimSpace(f.Detail + " " + f.Fix)}
}

// group holds findings of one file with the same text.
type group struct {
	message
	findings []Finding
}

// groupFindings groups findings with the same text, the most severe first, otherwise by position.
func groupFindings(findings []Finding) []group {
	perRule := map[string]int{}
	for _, f := range findings {
		perRule[f.Rule]++
	}
	var groups []group
	for _, f := range findings {
		msg := f.message()
		if perRule[f.Rule] > 1 {
			msg.text = cmp.Or(genericText(f), msg.text)
		}
		if i := slices.IndexFunc(groups, func(g group) bool { return g.message == msg }); i >= 0 {
			groups[i].findings = append(groups[i].findings, f)
			continue
		}
		groups = append(groups, group{msg, []Finding{f}})
	}
	slices.SortStableFunc(groups, func(a, b group) int { return rank(a.severity) - rank(b.severity) })
	return groups
}

// genericText returns the text of the finding's rule for any group and pattern, or "" if modes
// differ in more than these.
func genericText(f Finding) string {
	rules := loadRules().Rules
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == f.Rule })
	if i < 0 || !strings.Contains(rules[i].Detail, "{pattern}") {
		return ""
	}
	a := rules[i].advice(finding{placeholders: map[string]string{"pattern": "the pattern", "group": "the group"}}, f.Clients)
	return sentence(a.Detail) + " " + a.Fix
}

// positions lists the positions; for notes only the first ones. total is the number of modes
// in the file.
func (g group) positions(total int) []string {
	positions := make([]string, len(g.findings))
	for i, f := range g.findings {
		positions[i] = f.location()
	}
	if n := len(positions); g.severity == Info && n > 4 {
		if n == total {
			return []string{fmt.Sprintf("all %d modes, from %s on", n, positions[0])}
		}
		return withCommas(append(positions[:3], fmt.Sprintf("and %d more", n-3)))
	}
	return withCommas(positions)
}

// withCommas adds a comma to all words but the last.
func withCommas(words []string) []string {
	for i := range words[:len(words)-1] {
		words[i] += ","
	}
	return words
}

// location returns line, column and mode.
func (f Finding) location() string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, fmt.Sprintf("%d:%d", f.Line, f.Column))
	}
	if f.Mode != "" {
		parts = append(parts, f.Mode)
	}
	return strings.Join(parts, " ")
}

func (s message) write(b *strings.Builder, positions []string) {
	const indent = "           "
	fmt.Fprintf(b, "  %-8s %s\n", s.severity, wrap(positions, indent))
	fmt.Fprintf(b, "%s%s\n", indent, wrap(strings.Fields(s.text+" ("+s.rule+")"), indent))
}

// textWidth is the width at which lines are wrapped, if possible.
const textWidth = 100

// wrap wraps words into lines; all lines but the first are indented.
func wrap(words []string, indent string) string {
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
