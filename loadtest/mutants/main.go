package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	only := flag.String("only", "", "a regular expression: run only the mutants whose names match, and write no report")
	check := flag.Bool("check", false, "only check that the table fits the code")
	report := flag.String("report", "docs/mutations.md", "the report to write once every mutant has a result")
	resume := flag.String("resume", "", "a file that stores results, so that a run can continue an earlier one")
	limit := flag.Duration("limit", 100*time.Second, "the timeout for the test of one mutant (of a simulation: 20 schedules), after which it counts as failed")
	trust := flag.Bool("trust", false, "skip running the tests on the unchanged code first")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, options{*only, *check, *report, *resume, *limit, *trust}); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

type options struct {
	only           string
	check          bool
	report, resume string
	limit          time.Duration
	trust          bool
}

func run(ctx context.Context, o options) error {
	which, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	var chosen []mutant
	for _, m := range mutants() {
		if which.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return errors.New("-only: no mutant has such a name")
	}
	if err := checkTable(".", chosen); err != nil || o.check {
		return err
	}
	scratch, err := os.MkdirTemp("", "orgmodes-mutants-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	b := &runner{tree: filepath.Join(scratch, "tree"), scratch: scratch, limit: o.limit}
	if err := b.copyTree(ctx); err != nil {
		return err
	}
	if err := checkTable(b.tree, chosen); err != nil {
		return err
	}
	began := time.Now()
	known, err := loadResults(o.resume)
	if err != nil {
		return err
	}
	// A mutant that survived is tried again: its test may have been improved.
	chosen = slices.DeleteFunc(chosen, func(m mutant) bool { return known[m.name].matches(m) && known[m.name].Failed != "" })
	if !o.trust {
		if err := b.baseline(ctx, chosen); err != nil {
			return err
		}
	}
	for i, m := range chosen {
		start := time.Now()
		r, err := b.runMutant(ctx, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		said := r.Line
		if err != nil {
			said = "ERROR: " + err.Error()
		} else {
			if known[m.name] = r; r.Failed == "" {
				said = "SURVIVED"
			}
			if err := known.save(o.resume); err != nil {
				return err
			}
		}
		fmt.Printf("%3d/%d %5.1f s  %-28s %s  %s\n", i+1, len(chosen), time.Since(start).Seconds(), m.name, r.Failed, said)
	}
	fmt.Printf("%d mutants in %s\n", len(chosen), time.Since(began).Round(time.Second))
	return conclude(known, which, o.report)
}

// conclude returns an error that lists the mutants that survived. It writes the report if
// every mutant has a result.
func conclude(known results, which *regexp.Regexp, report string) error {
	all := mutants()
	var bad []string
	whole := true
	for _, m := range all {
		r, there := known[m.name]
		there = there && r.matches(m)
		whole = whole && there
		if which.MatchString(m.name) && (!there || r.Failed == "") {
			bad = append(bad, m.name)
		}
	}
	if whole {
		if err := os.MkdirAll(filepath.Dir(report), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(report, []byte(renderReport(all, known)), 0o644); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("survived, or could not be tried: %s", strings.Join(bad, ", "))
	}
	return nil
}

func checkTable(tree string, chosen []mutant) error {
	var errs []error
	seen := map[string]bool{}
	for i := range chosen {
		m := &chosen[i]
		if seen[m.name] {
			errs = append(errs, fmt.Errorf("two mutants are called %s", m.name))
		}
		seen[m.name] = true
		if _, _, err := m.apply(tree); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
