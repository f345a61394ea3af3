package lint

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"orgmodes/internal/editors"
	"orgmodes/internal/modes"
)

// Severity is the importance of a finding.
type Severity string

// The severities. Error marks refused files and modes; only reports use it.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "note"
)

// Advice is a suggestion or a warning about a mode.
type Advice struct {
	// Rule is the id of the rule, in kebab-case.
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Pointer refers to the field in the API's format of a mode.
	Pointer string `json:"pointer"`
	// Clients are the ids of the affected editors; none means all.
	Clients []string `json:"clients,omitempty"`
	// Title is the same for all advice of a rule, Detail describes the finding, and Fix the
	// remedy.
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
}

// Rule describes what to look for. Its fields are those of rules.yaml.
type Rule struct {
	ID       string   `yaml:"id" json:"id"`
	Severity Severity `yaml:"severity" json:"severity"`
	Clients  []string `yaml:"clients" json:"clients,omitempty"`
	Title    string   `yaml:"title" json:"title"`
	Detail   string   `yaml:"detail" json:"detail"`
	Fix      string   `yaml:"fix" json:"fix"`

	When condition `yaml:"when" json:"-"`
	// Check names a function in checks. Without one, Pointer is the pointer of the finding.
	Check   string `yaml:"check" json:"-"`
	Pointer string `yaml:"at" json:"-"`
	// CrossFile marks the rule for findings across files, see Compare.
	CrossFile bool `yaml:"across" json:"-"`
	// AtLeast and Below are bounds for checks that measure something.
	AtLeast int `yaml:"at_least" json:"-"`
	Below   int `yaml:"below" json:"-"`
}

// condition holds if all of its set fields hold.
type condition struct {
	Group    string   `yaml:"group"`
	Without  string   `yaml:"without"`
	Slug     []string `yaml:"slug"`
	Lacks    []string `yaml:"lacks"`
	NoGroups bool     `yaml:"no_groups"`
}

//go:embed rules.yaml
var rulesYAML []byte

type file struct {
	Version int    `yaml:"version"`
	Rules   []Rule `yaml:"rules"`
}

var loadRules = sync.OnceValue(func() file {
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(rulesYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		panic("lint: rules.yaml: " + err.Error()) // a test checks that it is valid
	}
	return f
})

// Version returns the version of the rules.
func Version() int { return loadRules().Version }

// Rules returns the rules, in the order in which advice is listed.
func Rules() []Rule { return slices.Clone(loadRules().Rules) }

// Advise returns the advice about a mode, the most severe first. It is limited to the clients
// with these ids; none means all.
func Advise(m modes.Mode, clientIDs ...string) []Advice {
	var out []Advice
	for _, r := range loadRules().Rules {
		if r.CrossFile {
			continue
		}
		affected := r.Clients
		if len(clientIDs) > 0 && len(r.Clients) > 0 {
			affected = slices.DeleteFunc(slices.Clone(r.Clients), func(id string) bool { return !slices.Contains(clientIDs, id) })
			if len(affected) == 0 {
				continue
			}
		}
		for _, f := range r.findings(m) {
			out = append(out, r.advice(f, affected))
		}
	}
	slices.SortStableFunc(out, func(a, b Advice) int { return rank(a.Severity) - rank(b.Severity) })
	return out
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// finding is a location to which a rule applies; placeholders holds the values of the
// placeholders in its texts.
type finding struct {
	pointer      string
	placeholders map[string]string
	// more counts the other fields to which the rule applies, which have no finding.
	more int
}

func (r Rule) findings(m modes.Mode) []finding {
	if !r.When.matches(m) {
		return nil
	}
	if r.Check != "" {
		return checks[r.Check](r, m)
	}
	at := r.Pointer
	if r.When.Group != "" {
		at = groupPointer(m, r.When.Group)
	}
	return []finding{{pointer: at}}
}

func (c condition) matches(m modes.Mode) bool {
	switch {
	case c.Group != "" && groupPointer(m, c.Group) == "",
		c.Without != "" && groupPointer(m, c.Without) != "",
		len(c.Slug) > 0 && !slices.Contains(c.Slug, m.Slug),
		c.NoGroups && len(m.Config.Groups) > 0:
		return false
	}
	for _, field := range c.Lacks {
		if strings.TrimSpace(modeTexts(m)[field]) != "" {
			return false
		}
	}
	return true
}

func groupPointer(m modes.Mode, name string) string {
	for i, g := range m.Config.Groups {
		if g.Name == name {
			return groupPointerAt(i)
		}
	}
	return ""
}

func groupPointerAt(i int) string { return "/config/groups/" + strconv.Itoa(i) }

func modeTexts(m modes.Mode) map[string]string {
	return map[string]string{
		"roleDefinition": m.Config.RoleDefinition, "whenToUse": m.Config.WhenToUse,
		"description": m.Config.Description, "customInstructions": m.Config.CustomInstructions,
	}
}

func (r Rule) advice(f finding, affected []string) Advice {
	pairs := []string{}
	for word, s := range f.placeholders {
		pairs = append(pairs, "{"+word+"}", s)
	}
	names := make([]string, len(affected))
	for i, id := range affected {
		names[i] = id
		if c, err := editors.Find(id); err == nil {
			names[i] = c.Name
		}
	}
	pairs = append(pairs, "{client}", strings.Join(names, ", "), "{clients}", strings.Join(names, " and "))
	fill := strings.NewReplacer(pairs...)
	detail := fill.Replace(r.Detail)
	if f.more > 0 {
		detail += fmt.Sprintf(" The same goes for %d more fields.", f.more)
	}
	return Advice{
		Rule: r.ID, Severity: r.Severity, Pointer: f.pointer, Clients: affected,
		Title: r.Title, Detail: detail, Fix: fill.Replace(r.Fix),
	}
}
