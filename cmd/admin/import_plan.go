package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/advice"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// imports runs an import and says its plan, also where it was refused.
func imports[P any](ctx context.Context, c *cli, org string, run func(*postgres.DB, organization.Organization) (P, error), say func(io.Writer, P)) error {
	return c.inOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
		done := c.working("importing")
		plan, err := run(db, o)
		done()
		var refused *files.RefusedError
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		if printed := c.print(plan, func(w io.Writer) { say(w, plan) }); printed != nil {
			return printed
		}
		if refused != nil {
			c.note("admin: %s", refused.Headline())
			return errSaid
		}
		return nil
	})
}

// ways reads what is to become of single objects, as NAME=skip.
func ways[W ~string](pairs []string, name string, known ...string) (map[string]W, error) {
	if len(pairs) == 0 {
		return nil, nil //nolint:nilnil // no choices are no choices
	}
	out := map[string]W{}
	for _, p := range pairs {
		i := strings.LastIndex(p, "=") // what it is called may have one too
		if i < 0 {
			var all []string
			for _, way := range known {
				all = append(all, name+"="+way)
			}
			return nil, usage("say --for as one of %s, not %q", strings.Join(all, ", "), p)
		}
		out[p[:i]] = W(p[i+1:])
	}
	return out, nil
}

// sayPlan writes what becomes of each mode, with problems where an editor finds
// them: FILE:line:column. With advice, each mode has its own, in short, and what to
// do is said once for all of them.
func sayPlan(w io.Writer, file string, p *files.Plan, withAdvice bool) {
	for _, l := range p.Modes {
		from := sayVerdict(w, file, l.Verdict, l.Slug+"  "+l.Name)
		if withAdvice {
			sayAdvice(w, from, l.Advice)
		}
	}
	for _, f := range p.Files {
		if f.Refused != nil {
			fmt.Fprintf(w, "refused    %s: %s\n", f.Name, f.Refused.Detail)
		}
	}
	sayOutcome(w, file, p.Outcome, func() {
		if withAdvice {
			sayWhatToDo(w, p)
		}
	})
}

// sayTemplatePlan is sayPlan for permission templates.
func sayTemplatePlan(w io.Writer, file string, p *files.TemplatePlan) {
	for _, l := range p.Templates {
		from := sayVerdict(w, file, l.Verdict, l.Name)
		if l.Action == resource.ActionConflict {
			fmt.Fprintf(w, "             %s:%d:%d: %s\n", from, l.Line, l.Column, l.Reason)
		}
	}
	sayOutcome(w, file, p.Outcome, func() {})
}

// sayVerdict writes what becomes of one object, and returns the file that it is
// from.
func sayVerdict(w io.Writer, file string, v files.Verdict, called string) (from string) {
	from = file
	if v.File != "" {
		from = v.File
	}
	fmt.Fprintf(w, "%-9s  %s\n", v.Action, called)
	for _, ch := range v.Changes {
		fmt.Fprintf(w, "             %s %s\n", ch.Kind, ch.Pointer)
	}
	for _, pr := range v.Problems {
		fmt.Fprintf(w, "             %s:%d:%d: %s: %s\n", from, pr.Line, pr.Column, pr.Pointer, pr.Detail)
	}
	for _, n := range v.Notices {
		fmt.Fprintf(w, "             %s: %s\n", place("note", from, n), n.Detail)
	}
	return from
}

// sayOutcome writes what becomes of all of it; before is said before the sum.
func sayOutcome(w io.Writer, file string, o files.Outcome, before func()) {
	for _, n := range o.Notices {
		fmt.Fprintf(w, "%s: %s\n", place("note", file, n), n.Detail)
	}
	if o.TooMuch != nil {
		fmt.Fprintf(w, "too much: %s\n", o.TooMuch.Detail)
	}
	before()
	s := o.Summary
	done := "nothing was changed; at"
	if o.Applied && s.Create+s.Update > 0 {
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
	fmt.Fprintf(w, "; %s revision %d\n", done, o.Revision)
}

func place(what, file string, n resource.Notice) string {
	if n.File != "" {
		file = n.File
	}
	if n.Line == 0 {
		return what + ", " + file
	}
	return fmt.Sprintf("%s, %s:%d:%d", what, file, n.Line, n.Column)
}

// sayAdvice writes the advice about one mode: what was found, where.
func sayAdvice(w io.Writer, file string, list []files.Advice) {
	for _, a := range list {
		at := resource.Notice{Line: a.Line, Column: a.Column}
		fmt.Fprintf(w, "             %s: %s (%s)\n", place(string(a.Severity), file, at), a.Detail, a.Rule)
	}
}

// sayWhatToDo ends the advice of a plan: a line for each rule that spoke, the more
// important first.
func sayWhatToDo(w io.Writer, p *files.Plan) {
	var fixes []string
	said := map[string]int{}
	for _, severity := range []advice.Severity{advice.Warning, advice.Hint} {
		for _, l := range p.Modes {
			for _, a := range l.Advice {
				if a.Severity != severity {
					continue
				}
				fix := a.Rule + ": " + a.Fix
				if said[fix]++; said[fix] == 1 {
					fixes = append(fixes, fix)
				}
			}
		}
	}
	if len(fixes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat to do about warnings and notes; none of them keeps a mode out:")
	for _, fix := range fixes {
		fmt.Fprintf(w, "  %s%s\n", fix, times(said[fix]))
	}
	fmt.Fprintln(w)
}

// times says how often, where it is more than once.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}
