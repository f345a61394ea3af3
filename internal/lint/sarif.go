package lint

import (
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
)

// The subset of SARIF 2.1.0 (OASIS, 27 March 2020) that we write.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifText      `json:"shortDescription"`
		Help             *sarifText     `json:"help,omitempty"`
		Default          map[string]any `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Severity        `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct {
		ID       *int           `json:"id,omitempty"`
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name               string `json:"name,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// WriteSARIF writes a report for code scanning. toolVersion is the program's version; it can be
// empty.
func WriteSARIF(w io.Writer, results []Result, toolVersion string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "orgmodes", Version: toolVersion, Rules: sarifRules()}
	for _, r := range results {
		for _, f := range r.Findings {
			run.Results = append(run.Results, newSARIFResult(run.Tool.Driver.Rules, r.File, f))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

func sarifRules() []sarifRule {
	level := func(s Severity) map[string]any { return map[string]any{"level": s} }
	var rules []sarifRule
	for _, r := range ReportRules() {
		rules = append(rules, sarifRule{r.ID, sarifText{r.Title}, nil, level(r.Severity)})
	}
	for _, r := range loadRules().Rules {
		rules = append(rules, sarifRule{r.ID, sarifText{r.Title}, &sarifText{genericFix(r.Fix)}, level(r.Severity)})
	}
	return rules
}

// genericFix returns the fix of a rule without reference to a mode.
func genericFix(fix string) string {
	return strings.NewReplacer("{group}", "the group", "{other}", "the suggestion in the message").Replace(fix)
}

func newSARIFResult(rules []sarifRule, file string, f Finding) sarifResult {
	message := f.Detail
	if f.Mode != "" {
		message = f.Mode + ": " + message
	}
	if f.Fix != "" {
		message += " " + f.Fix
	}
	at := newSARIFLocation(Location{file, f.Line, f.Column})
	if f.Mode != "" || f.Pointer != "" {
		at.Logical = []sarifLogical{{Name: f.Mode, FullyQualifiedName: f.Mode + f.Pointer}}
	}
	var related []sarifLocation
	for i, p := range f.Others {
		other := newSARIFLocation(p)
		other.ID, other.Message = &i, &sarifText{"The same slug"}
		related = append(related, other)
	}
	return sarifResult{
		RuleID: f.Rule, RuleIndex: slices.IndexFunc(rules, func(r sarifRule) bool { return r.ID == f.Rule }),
		Level: f.Severity, Message: sarifText{message}, Locations: []sarifLocation{at}, Related: related,
	}
}

func newSARIFLocation(p Location) sarifLocation {
	var at sarifLocation
	at.Physical.Artifact.URI = uri(p.File)
	if p.Line > 0 {
		at.Physical.Region = &sarifRegion{p.Line, p.Column}
	}
	return at
}

// uri converts a relative path to a URI reference, in which colons and spaces are safe.
func uri(path string) string {
	u := url.URL{Path: strings.ReplaceAll(path, `\`, "/")}
	return u.String()
}
