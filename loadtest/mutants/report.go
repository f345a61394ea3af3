package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// result is the outcome for a mutant.
type result struct {
	// Mutant is the print of the mutant.
	Mutant string
	// Failed is the test that failed, or "" if none did.
	Failed string
	// Line is the test's failure message.
	Line string
}

func (r result) matches(m mutant) bool { return r.Mutant == m.fingerprint() }

// fingerprint returns a fingerprint of the mutant and its proof.
func (m *mutant) fingerprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %v", m.file, m.old, m.new, m.proof))
	return hex.EncodeToString(sum[:8])
}

// results maps the mutants' names to their results.
type results map[string]result

func loadResults(file string) (results, error) {
	known := results{}
	if file == "" {
		return known, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	return known, json.Unmarshal(text, &known)
}

func (k results) save(file string) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(k, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

var (
	failedTest  = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+) \(`)
	hungTest    = regexp.MustCompile(`panic: test timed out after[^\n]*\n\s*running tests:\n\s*(\S+) \(`)
	panicked    = regexp.MustCompile(`(?m)^panic: (.*)$`)
	failureLine = regexp.MustCompile(`(?m)^ +(\w+_test\.go):(\d+): ?(.*)$`)
	seedFailed  = regexp.MustCompile(`seed (\d+):\n\s+(.*)`)
)

// parseOutput finds the failed test in a test program's output, and a one-line reason that is the
// same on every run.
func parseOutput(out []byte, dir string) result {
	text := string(out)
	var r result
	if hung := hungTest.FindStringSubmatch(text); hung != nil {
		return result{Failed: hung[1], Line: "it never ends"}
	}
	all := failedTest.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return r
	}
	r.Failed = all[0][1]
	for _, m := range all { // the innermost subtest of the first failure
		if strings.HasPrefix(m[1], r.Failed) {
			r.Failed = m[1]
		}
	}
	first, lowest := "", 0
	for _, m := range seedFailed.FindAllStringSubmatch(text, -1) {
		var n int
		if _, err := fmt.Sscan(m[1], &n); err == nil && (first == "" || n < lowest) {
			first, lowest = m[2], n
		}
	}
	if first != "" {
		r.Line = fmt.Sprintf("seed %d: %s", lowest, first)
		return r
	}
	if m := panicked.FindStringSubmatch(text); m != nil {
		r.Line = "panic: " + m[1]
		return r
	}
	for _, m := range failureLine.FindAllStringSubmatch(text, -1) {
		if r.Line = strings.TrimSpace(m[3]); r.Line == "" { // testify's message starts on the next line
			r.Line = sourceLine(dir, m[1], m[2])
			break
		}
		if !strings.HasPrefix(r.Line, "time=") { // not a log line
			break
		}
	}
	return r
}

// renderReport returns the report. It is the same whenever the results are the same.
func renderReport(all []mutant, known results) string {
	var b strings.Builder
	b.WriteString(`# Mutation tests

Each row is a mechanism that keeps a promise. It was removed from the product on its own, and
the test in the row failed without it. [promises.md](promises.md) lists the promises and the
mechanisms that keep them.

` + "`make mutants`" + ` writes this file. ` + "`make test`" + ` checks that each mutant still fits the code.

| Mutant | Removed mechanism | Promises | Failed test | Failed assertion |
|---|---|---|---|---|
`)
	for _, m := range all {
		r := known[m.name]
		failed, line := "`"+m.proof.pkg+"."+r.Failed+"`", "`"+tableCell(r.Line)+"`"
		if r.Failed == "" {
			failed, line = "**none: it survived** ("+tableCell(m.proof.String())+")", ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", m.name, tableCell(m.mechanism), m.promises, failed, line)
	}
	return b.String()
}

// tableCell formats a text for a table cell.
func tableCell(s string) string {
	s = strings.NewReplacer("|", "\\|", "`", "'", "\n", " ").Replace(s)
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "..."
	}
	return s
}
