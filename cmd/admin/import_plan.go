package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/lint"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// importCommand completes a command that imports files with the parts that all imports share.
// objects names the items that --only-valid leaves out, for its help text.
func (c *cli) importCommand(cmd *cobra.Command, kind fileKind, read transfer.Reader, objects string, choices func() (transfer.Choices, error)) *cobra.Command {
	var org string
	var o transfer.Options
	cmd.Args = cobra.MinimumNArgs(1)
	cmd = c.run(cmd, func(ctx context.Context, args []string) error {
		var err error
		if o.Choices, err = choices(); err != nil {
			return err
		}
		inputs, err := c.readInputs(args, kind)
		if err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, in organization.Organization) error {
			done := c.progress("importing")
			plan, err := read.Import(ctx, db, c.by(), in.ID, inputs, o)
			done()
			var refused *transfer.RejectedError
			if err != nil && !errors.As(err, &refused) {
				return err
			}
			if printed := c.print(plan.JSON(), func(w io.Writer) { printPlan(w, args[0], plan, o.DryRun) }); printed != nil {
				return printed
			}
			if refused != nil {
				c.logf("admin: %s", refused.Headline())
				return errReported
			}
			return nil
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would change without changing anything")
	cmd.Flags().BoolVar(&o.OnlyValid, "only-valid", false, "leave out "+objects+" that can't be used")
	return cmd
}

// parseDecisions parses decisions about single objects, such as NAME=skip. name is the
// placeholder for the name, and decisions lists the decisions, for messages.
func parseDecisions(pairs []string, name string, decisions ...string) (map[string]string, error) {
	if len(pairs) == 0 {
		return nil, nil //nolint:nilnil // no choices are no choices
	}
	out := map[string]string{}
	for _, p := range pairs {
		i := strings.LastIndex(p, "=") // the name can contain "=" too
		if i < 0 {
			var all []string
			for _, decision := range decisions {
				all = append(all, name+"="+decision)
			}
			return nil, usage("--for must be one of %s, not %q", strings.Join(all, ", "), p)
		}
		out[p[:i]] = p[i+1:]
	}
	return out, nil
}

// printPlan writes the action for each object. Problems begin with FILE:line:column, which
// editors can open. With advice, each object has its findings in short, and the fixes follow
// once for all objects.
func printPlan(w io.Writer, file string, p *transfer.Plan, withAdvice bool) {
	for _, i := range p.Items {
		called := i.Name
		if p.Form != "" { // only plans of modes have a form
			called = i.Slug + "  " + i.Name
		}
		from := printItem(w, file, called, i)
		if withAdvice {
			printAdvice(w, from, i.Advice)
		}
	}
	for _, f := range p.Files {
		if f.Refused != nil {
			fmt.Fprintf(w, "refused    %s: %s\n", f.Name, f.Refused.Detail)
		}
	}
	for _, n := range p.Notices {
		fmt.Fprintf(w, "%s: %s\n", formatPosition("note", file, n), n.Detail)
	}
	if p.LimitError != nil {
		fmt.Fprintf(w, "limit exceeded: %s\n", p.LimitError.Detail)
	}
	if withAdvice {
		printFixes(w, p)
	}
	s := p.Summary
	done := "no changes were made; at"
	if p.Applied && s.Create+s.Update > 0 {
		done = "now at"
	}
	fmt.Fprintf(w, "%d to create, %d to update, %d unchanged, %d invalid", s.Create, s.Update, s.Unchanged, s.Invalid)
	for _, more := range []struct {
		n    int
		what string
	}{{s.Conflict, "in conflict"}, {s.Skip, "skipped"}, {s.RefusedFiles, "files refused"}} {
		if more.n > 0 {
			fmt.Fprintf(w, ", %d %s", more.n, more.what)
		}
	}
	fmt.Fprintf(w, "; %s revision %d\n", done, p.Revision)
}

// printItem writes the action for one object, and returns the name of its file.
func printItem(w io.Writer, file, displayName string, i transfer.Item) (from string) {
	from = cmp.Or(i.File, file)
	fmt.Fprintf(w, "%-9s  %s\n", i.Action, displayName)
	for _, ch := range i.Changes {
		fmt.Fprintf(w, "             %s %s\n", ch.Kind, ch.Pointer)
	}
	for _, pr := range i.Problems {
		fmt.Fprintf(w, "             %s:%d:%d: %s: %s\n", from, pr.Line, pr.Column, pr.Pointer, pr.Detail)
	}
	for _, n := range i.Notices {
		fmt.Fprintf(w, "             %s: %s\n", formatPosition("note", from, n), n.Detail)
	}
	if i.Action == resource.ActionConflict && i.Reason != "" {
		fmt.Fprintf(w, "             %s:%d:%d: %s\n", from, i.Line, i.Column, i.Reason)
	}
	return from
}

func formatPosition(what, file string, n resource.Notice) string {
	if n.File != "" {
		file = n.File
	}
	if n.Line == 0 {
		return what + ", " + file
	}
	return fmt.Sprintf("%s, %s:%d:%d", what, file, n.Line, n.Column)
}

// printAdvice writes the advice about one mode: the findings and their positions.
func printAdvice(w io.Writer, file string, list []transfer.Advice) {
	for _, a := range list {
		at := resource.Notice{Line: a.Line, Column: a.Column}
		fmt.Fprintf(w, "             %s: %s (%s)\n", formatPosition(string(a.Severity), file, at), a.Detail, a.Rule)
	}
}

// printFixes writes the fixes for the advice of a plan: one line per rule that matched,
// warnings first.
func printFixes(w io.Writer, p *transfer.Plan) {
	var fixes []string
	counts := map[string]int{}
	for _, severity := range []lint.Severity{lint.Warning, lint.Info} {
		for _, l := range p.Items {
			for _, a := range l.Advice {
				if a.Severity != severity {
					continue
				}
				fix := a.Rule + ": " + a.Fix
				if counts[fix]++; counts[fix] == 1 {
					fixes = append(fixes, fix)
				}
			}
		}
	}
	if len(fixes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nSuggested fixes for warnings and notes, none of which prevents an import:")
	for _, fix := range fixes {
		fmt.Fprintf(w, "  %s%s\n", fix, countSuffix(counts[fix]))
	}
	fmt.Fprintln(w)
}

// countSuffix returns the number of occurrences in parentheses, or "" for one.
func countSuffix(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}
