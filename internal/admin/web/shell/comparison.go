package shell

import (
	"strings"

	"orgmodes/internal/diff"
)

// Comparison is a line-by-line comparison of two texts, the old and the new side. Compare
// makes it, and the template "yaml-diff" shows it.
type Comparison struct {
	// Label names the compared content, for screen readers. Old and New are the headings of
	// the sides. Old is empty if there was no content before, New if there is none after.
	Label, Old, New string
	// Split shows the sides next to each other at first. Otherwise they are in one column,
	// each removed line above the line that replaces it. Scripts let the user switch.
	Split bool
	// Parts are the changed, unchanged and folded runs of lines, from top to bottom. It is
	// empty if the texts are equal.
	Parts []comparisonPart
}

// comparisonPart is a run of lines: changed ones, unchanged context, or a fold.
type comparisonPart struct {
	Changed bool
	Lines   []comparedLine
	// Folded is the number of folded lines, Text holds these lines, and OldLine and NewLine
	// are the numbers of the first.
	Folded           int
	Text             string
	OldLine, NewLine int
}

// comparedLine is a line with its changed words marked.
type comparedLine struct {
	Kind             diff.Kind
	OldLine, NewLine int
	Spans            []diff.Span
}

// comparedPair is a row of the split view; nil means no line on that side.
type comparedPair struct{ Old, New *comparedLine }

// Sign returns the sign shown before a line, "" for an unchanged one.
func (l comparedLine) Sign() string {
	switch l.Kind {
	case diff.Added:
		return "+"
	case diff.Removed:
		return "−"
	default:
		return ""
	}
}

// Pairs returns the lines of a part as rows of the split view.
func (p comparisonPart) Pairs() (out []comparedPair) {
	var removed, added []*comparedLine
	for i := range p.Lines {
		switch l := &p.Lines[i]; l.Kind {
		case diff.Removed:
			removed = append(removed, l)
		case diff.Added:
			added = append(added, l)
		default:
			out = append(out, comparedPair{l, l})
		}
	}
	for i := range max(len(removed), len(added)) {
		var pair comparedPair
		if i < len(removed) {
			pair.Old = removed[i]
		}
		if i < len(added) {
			pair.New = added[i]
		}
		out = append(out, pair)
	}
	return out
}

const (
	// contextLines is the number of unchanged lines shown on each side of a change.
	contextLines = 3
	// minFolded is the minimum number of lines to fold.
	minFolded = 3
)

// Compare compares the texts before and after line by line. label becomes the Label of the
// Comparison; its Old and New are empty until WithSideNames sets them. An empty text has no
// lines. Unchanged lines are folded, except for three before and after each change. Compare
// spends budget, usually Request.DiffBudget; lines left when it is used up are shown as
// replaced.
func Compare(label, before, after string, budget *diff.Budget) (c Comparison) {
	c.Label = label
	lines := compareLines(before, after, budget)
	var parts []comparisonPart
	for _, l := range lines {
		changed := l.Kind != diff.Same
		if n := len(parts); n == 0 || parts[n-1].Changed != changed {
			parts = append(parts, comparisonPart{Changed: changed})
		}
		last := &parts[len(parts)-1]
		last.Lines = append(last.Lines, comparedLine{l.Kind, l.OldLine, l.NewLine, []diff.Span{{Text: l.Text}}})
	}
	if len(parts) == 0 || len(parts) == 1 && !parts[0].Changed {
		return c
	}
	for i, p := range parts {
		if p.Changed {
			p.markWords(budget)
			c.Parts = append(c.Parts, p)
			continue
		}
		c.Parts = append(c.Parts, p.fold(i > 0, i < len(parts)-1)...)
	}
	return c
}

// compareLines returns the lines of both texts, compared. An empty text has no lines.
func compareLines(before, after string, budget *diff.Budget) (lines []diff.Line) {
	switch {
	case before == "" && after == "":
	case before == "":
		for i, text := range strings.Split(after, "\n") {
			lines = append(lines, diff.Line{Kind: diff.Added, Text: text, NewLine: i + 1})
		}
	case after == "":
		for i, text := range strings.Split(before, "\n") {
			lines = append(lines, diff.Line{Kind: diff.Removed, Text: text, OldLine: i + 1})
		}
	default:
		lines = diff.Lines(before, after, budget)
	}
	return lines
}

// fold splits an unchanged part: the lines next to changes stay, the others are folded.
func (p comparisonPart) fold(changeBefore, changeAfter bool) []comparisonPart {
	from, to := 0, len(p.Lines)
	if changeBefore {
		from = contextLines
	}
	if changeAfter {
		to -= contextLines
	}
	if to-from < minFolded {
		return []comparisonPart{p}
	}
	var texts []string
	for _, l := range p.Lines[from:to] {
		texts = append(texts, l.Spans[0].Text)
	}
	hidden := comparisonPart{
		Folded: to - from, Text: strings.Join(texts, "\n"), OldLine: p.Lines[from].OldLine, NewLine: p.Lines[from].NewLine,
	}
	var out []comparisonPart
	if from > 0 {
		out = append(out, comparisonPart{Lines: p.Lines[:from]})
	}
	out = append(out, hidden)
	if to < len(p.Lines) {
		out = append(out, comparisonPart{Lines: p.Lines[to:]})
	}
	return out
}

// markWords marks the changed words within pairs of replaced lines.
func (p comparisonPart) markWords(budget *diff.Budget) {
	for _, pair := range p.Pairs() {
		if pair.Old == nil || pair.New == nil {
			continue
		}
		if old, now, ok := diff.Words(pair.Old.Spans[0].Text, pair.New.Spans[0].Text, budget); ok {
			pair.Old.Spans, pair.New.Spans = old, now
		}
	}
}

// WithSideNames returns a copy of c with the headings of its sides: Old is before, and New
// is after.
func (c Comparison) WithSideNames(before, after string) Comparison {
	c.Old, c.New = before, after
	return c
}
