package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/manifest"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// Applied is the result of applying manifests, or of a dry run.
type Applied struct {
	// Applied reports whether the changes were made; otherwise nothing was changed.
	Applied bool `json:"applied"`
	// Revision is the organization's revision after the change. It is the same as before
	// if nothing was changed.
	Revision int64           `json:"revision"`
	Objects  []AppliedObject `json:"objects"`
	// Notices are about ignored input, and input without effect.
	Notices []resource.Notice `json:"notices,omitempty"`
}

// AppliedObject is the result for the object of one manifest.
type AppliedObject struct {
	// Index is the index of the manifest among all, from 0. File is the name of its file,
	// if there are several. Line is where it begins there.
	Index int    `json:"index"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line"`
	// Kind is the manifest's kind.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Action is ActionCreate, ActionUpdate or ActionUnchanged.
	Action resource.Action `json:"action"`
	// ID and Generation are the object's; an object that would be created has no ID.
	ID         *uuid.UUID `json:"id,omitempty"`
	Generation int64      `json:"generation"`
	// Changes lists the changes of an update, field by field.
	Changes []diff.Change `json:"changes,omitempty"`
}

// Differs reports whether anything was changed, or would be.
func (a Applied) Differs() bool {
	for _, o := range a.Objects {
		if o.Action != resource.ActionUnchanged {
			return true
		}
	}
	return false
}

// Apply creates or replaces the objects of manifests, in one change: all of them or
// none. Objects without a manifest are left unchanged. A dry run does the same and
// rolls it back. expected is the organization's revision that the caller expects; 0 accepts
// any.
//
// The error lists the failure of each object, with its place in the text.
func Apply(ctx context.Context, db *postgres.DB, by audit.Attribution, org uuid.UUID, documents []manifest.Document, dryRun bool, expected int64) (Applied, error) {
	sorted, err := manifest.Sort(db.Kinds(), documents)
	if err != nil {
		return Applied{}, err
	}
	if err := checkFits(db.Kinds(), sorted); err != nil {
		return Applied{}, err
	}
	ops := make([]resource.Op, len(sorted))
	for i, d := range sorted {
		ops[i] = resource.Op{Verb: resource.Put, Kind: d.Kind.Names().Singular, ExpectedVersion: d.Generation, New: resource.Object{Spec: d.Spec, Labels: d.Labels}}
	}
	result, err := db.Apply(ctx, by, org, ops, resource.Options{DryRun: dryRun, Batch: true, ExpectedRevision: expected})
	if err != nil {
		return Applied{}, combineErrors(err, sorted)
	}
	out := Applied{Applied: !dryRun, Revision: result.Revision, Objects: make([]AppliedObject, len(sorted))}
	budget := diff.NewBudget(ctx, diff.DefaultSteps)
	for i, d := range sorted {
		done := result.Outcomes[i]
		o := AppliedObject{
			Index: d.Index, File: d.File, Line: d.Line, Kind: d.Kind.Names().Manifest, Name: done.Object.Spec.ObjectName(),
			Action: done.Action, Generation: done.Object.Version,
		}
		if !dryRun || done.Action != resource.ActionCreate {
			o.ID = &done.Object.ID
		}
		if done.Before != nil {
			o.Changes = diff.WithLines(resource.Diff(d.Kind, *done.Before, done.Object), budget)
		}
		out.Objects[d.Index] = o
	}
	if dryRun && out.Differs() {
		out.Revision-- // a dry run creates no revision
	}
	for _, d := range documents {
		out.Notices = append(out.Notices, d.Notices...)
	}
	return out, nil
}

// checkFits refuses manifests that exceed the limits of a library, before any is
// applied.
func checkFits(kinds []resource.Kind, documents []manifest.Document) error {
	for _, k := range kinds {
		objects, bytes := 0, 0
		for _, d := range documents {
			if d.Kind.Names().Singular == k.Names().Singular {
				objects++
				bytes += d.Spec.Size()
			}
		}
		if err := k.CheckLibrary(objects, bytes); err != nil {
			return err
		}
	}
	return nil
}

// combineErrors combines the failures of operations into one error, with the places of their
// manifests. Its kind is Stale if any of them is, else that of the first.
func combineErrors(err error, documents []manifest.Document) error {
	var failed resource.OpErrors
	if !errors.As(err, &failed) {
		return err
	}
	var out *fault.Error
	for _, one := range failed {
		f, ok := fault.As(one.Err)
		if !ok {
			return err
		}
		if out == nil {
			code := f.Code
			if f.Kind == fault.Invalid {
				code = "invalid_manifest"
			}
			out = fault.New(f.Kind, code, "Nothing was applied: either all %d objects are applied or none", len(documents))
		}
		d := documents[one.Index]
		switch {
		case f.Kind == fault.Stale:
			out.Kind, out.Code = f.Kind, f.Code
			out = out.With(d.Problem("/metadata/generation", fmt.Sprintf("%s; leave out metadata.generation to replace any version", f.Message)))
		case len(f.Fields) == 0:
			out = out.With(d.Problem("/metadata/name", f.Message))
		default:
			for _, p := range f.Fields {
				p.Line = 0
				out = out.With(d.SpecProblem(p))
			}
		}
	}
	return out
}
