package modes

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/tree"
)

// ReadMode reads one mode, in the API's form {"slug", "name", "config": {...}}
// or as files have it, everything on one level, and normalizes and validates it.
// With yaml, the text may be YAML as well as JSON. The error is a *fault.Error:
// Malformed where the text can't be read, Invalid ("invalid_mode") with the
// position of each problem, TooLarge; or that of a context that is done.
func ReadMode(ctx context.Context, data []byte, yaml bool) (Mode, error) {
	if err := CheckBody(data); err != nil {
		return Mode{}, err
	}
	var root *tree.Node
	var err error
	if yaml {
		root, _, _, err = parseAny(data, modeBudget(ctx))
	} else {
		root, err = parseJSON(data, modeBudget(ctx))
	}
	if err != nil {
		return Mode{}, err
	}
	var d decoder
	var m Mode
	if root.Get("config") != nil {
		m = d.apiMode(root)
	} else {
		m = d.flatMode(root)
	}
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	return m, nil
}

// IsInAPIForm reports whether a text is JSON with a mode in the API's form, as
// opposed to that of files: its configuration is an object.
func IsInAPIForm(ctx context.Context, data []byte) bool {
	if CheckBody(data) != nil || !tree.LooksLikeJSON(data) {
		return false
	}
	root, err := parseJSON(data, modeBudget(ctx))
	return err == nil && root.Get("config") != nil && root.Get("config").Kind == tree.Object
}

// PatchMode applies a merge patch (RFC 7396) to the API's form of m, such as
// {"name": "New", "config": {"whenToUse": null}}, and normalizes and validates
// the outcome. The error is as ReadMode's.
func PatchMode(m Mode, patch []byte) (Mode, error) {
	if err := CheckBody(patch); err != nil {
		return Mode{}, err
	}
	root, err := parseJSON(patch, modeBudget(context.Background()))
	if err != nil {
		return Mode{}, err
	}
	if root.Kind != tree.Object {
		return Mode{}, tree.Malformed("malformed_patch", "This is not a merge patch",
			"a merge patch is an object with the fields to change, not "+root.Describe(), root.Line, root.Column)
	}
	var d decoder
	root.Flaws(tree.At(""), d.blameAt)
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	whole, err := marshalValue(Map{{"slug", m.Slug}, {"name", m.Name}, {"config", m.Config}})
	if err != nil {
		return Mode{}, fault.New(fault.Internal, "internal", "This mode can't be written.").Because(err)
	}
	target, err := (&tree.JSON{Budget: storedBudget()}).Parse(whole)
	if err != nil {
		return Mode{}, err
	}
	merged := mergePatch(target, root)
	patched := d.apiMode(merged)
	// Positions make sense only for what stands in the patch.
	for i, p := range d.problems {
		at, exact := root.Find(p.Pointer)
		if !exact {
			at = &tree.Node{}
		}
		d.problems[i].Line, d.problems[i].Column = at.Line, at.Column
	}
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	return patched, nil
}

// mergePatch is MergePatch of RFC 7396, section 2.
func mergePatch(target, patch *tree.Node) *tree.Node {
	if patch.Kind != tree.Object {
		return patch
	}
	changes := make(map[string]*tree.Node, len(patch.Fields))
	for _, f := range patch.Fields {
		changes[f.Name] = f.Value
	}
	merged := &tree.Node{Kind: tree.Object, Line: patch.Line, Column: patch.Column}
	if target != nil && target.Kind == tree.Object {
		for _, f := range target.Fields {
			change, ok := changes[f.Name]
			delete(changes, f.Name)
			if ok && change.Kind == tree.Null {
				continue
			}
			if ok {
				f.Value = mergePatch(f.Value, change)
			}
			merged.Fields = append(merged.Fields, f)
		}
	}
	for _, f := range patch.Fields {
		if change, isNew := changes[f.Name]; isNew && change.Kind != tree.Null {
			f.Value = mergePatch(nil, change)
			merged.Fields = append(merged.Fields, f)
		}
	}
	return merged
}
