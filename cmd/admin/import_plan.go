package main

import (
	"fmt"
	"io"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/advice"
	"orgmodes/internal/modes"
)

// sayPlan writes what becomes of each mode, with problems where an editor finds
// them: FILE:line:column. With advice, each mode has its own, in short, and what to
// do is said once for all of them.
func sayPlan(w io.Writer, file string, p files.Plan, withAdvice bool) {
	for _, l := range p.Modes {
		from := file
		if l.File != "" {
			from = l.File
		}
		fmt.Fprintf(w, "%-9s  %s  %s\n", l.Action, l.Slug, l.Name)
		for _, ch := range l.Changes {
			fmt.Fprintf(w, "             %s %s\n", ch.Kind, ch.Pointer)
		}
		for _, pr := range l.Problems {
			fmt.Fprintf(w, "             %s:%d:%d: %s: %s\n", from, pr.Line, pr.Column, pr.Pointer, pr.Detail)
		}
		for _, n := range l.Notices {
			fmt.Fprintf(w, "             %s: %s\n", place("note", from, n), n.Detail)
		}
		if withAdvice {
			sayAdvice(w, from, l.Advice)
		}
	}
	for _, f := range p.Files {
		if f.Refused != nil {
			fmt.Fprintf(w, "refused    %s: %s\n", f.Name, f.Refused.Detail)
		}
	}
	for _, n := range p.Notices {
		fmt.Fprintf(w, "%s: %s\n", place("note", file, n), n.Detail)
	}
	if p.TooMuch != nil {
		fmt.Fprintf(w, "too much: %s\n", p.TooMuch.Detail)
	}
	if withAdvice {
		sayWhatToDo(w, p)
	}
	s := p.Summary
	done := "nothing was changed; at"
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

func place(what, file string, n modes.Notice) string {
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
		at := modes.Notice{Line: a.Line, Column: a.Column}
		fmt.Fprintf(w, "             %s: %s (%s)\n", place(string(a.Severity), file, at), a.Detail, a.Rule)
	}
}

// sayWhatToDo ends the advice of a plan: a line for each rule that spoke, the more
// important first.
func sayWhatToDo(w io.Writer, p files.Plan) {
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
