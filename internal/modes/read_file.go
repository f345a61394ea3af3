package modes

import (
	"fmt"

	"orgmodes/internal/fault"
)

// Entry is the verdict on one mode of a file.
type Entry struct {
	// Mode is what could be read, normalized; use it only where there are no
	// Problems.
	Mode Mode
	// Index is its place in the file, from 0.
	Index int
	// Line and Column are where it starts, from 1.
	Line   int
	Column int
	// Problems say why it can't be taken, with the pointers of Validate and
	// the positions in the text.
	Problems []fault.Field
	// Notices say what was read differently from how it is written.
	Notices []Notice
}

// Notice tells something worth knowing that refuses nothing.
type Notice struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// File is what a file of modes holds.
type File struct {
	Entries []Entry
	// Notices concern the file as a whole.
	Notices []Notice
	// Format is FormatYAML or FormatJSON: what it was read as.
	Format string
}

// The formats of a file.
const (
	FormatYAML = "yaml"
	FormatJSON = "json"
)

// Modes returns the modes without problems, in the order of the file.
func (f File) Modes() []Mode {
	var ms []Mode
	for _, e := range f.Entries {
		if len(e.Problems) == 0 {
			ms = append(ms, e.Mode)
		}
	}
	return ms
}

// ReadFile reads a `customModes:` file in YAML or JSON. One bad mode never
// spoils the others; the error is a *fault.Error (Malformed, Invalid, TooLarge)
// where the file as a whole can't be used.
func ReadFile(data []byte) (File, error) {
	if err := checkUpload(data); err != nil {
		return File{}, err
	}
	root, format, err := parseAny(data)
	if err != nil {
		return File{}, err
	}
	var r fileReader
	nodes, err := r.modesOf(root)
	if err != nil {
		return File{}, err
	}
	if len(nodes) > MaxModes {
		return File{}, fault.New(fault.TooLarge, "too_many_modes",
			"This file has %d modes; an organization can have at most %d. Split it.", len(nodes), MaxModes)
	}
	entries := make([]Entry, len(nodes))
	firstLine := map[string]int{}
	for i, n := range nodes {
		entries[i] = readEntry(n, i, firstLine)
	}
	f := File{Entries: entries, Notices: r.notices, Format: format}
	if err := CheckTotals(f.Modes()); err != nil {
		return File{}, err
	}
	return f, nil
}

// readEntry judges one mode; firstLine knows where each slug was seen first.
func readEntry(n *node, index int, firstLine map[string]int) Entry {
	var d decoder
	m := d.flatMode(n)
	e := Entry{Mode: m, Index: index, Line: n.line, Column: n.column, Problems: d.problems, Notices: d.notices}
	if m.Slug == "" {
		return e
	}
	if line, ok := firstLine[SlugKey(m.Slug)]; ok {
		at, _ := n.find("/slug")
		e.Problems = append(e.Problems, fault.Field{
			Pointer: "/slug",
			Detail:  fmt.Sprintf("the slug %q is already used by the mode on line %d", m.Slug, line),
			Line:    at.line, Column: at.column,
		})
		return e
	}
	firstLine[SlugKey(m.Slug)] = n.line
	return e
}

// parseAny reads JSON as JSON, and everything else as YAML. What looks like JSON
// and isn't may still be YAML's own notation with braces; where it is neither,
// what the JSON lacks is the more telling complaint.
func parseAny(data []byte) (root *node, format string, err error) {
	data = trimBOM(data)
	if !looksLikeJSON(data) {
		root, err = parseYAML(data)
		return root, FormatYAML, err
	}
	root, err = parseJSON(data)
	if err == nil || !notJSON(err) {
		return root, FormatJSON, err
	}
	if root, yamlErr := parseYAML(data); yamlErr == nil {
		return root, FormatYAML, nil
	}
	return nil, "", err
}
