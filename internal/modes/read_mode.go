package modes

import (
	"orgmodes/internal/fault"
)

// ReadMode reads one mode, in the API's form {"slug", "name", "config": {...}}
// or as files have it, everything on one level, and normalizes and validates it.
// With yaml, the text may be YAML as well as JSON. The error is a *fault.Error:
// Malformed where the text can't be read, Invalid ("invalid_mode") with the
// position of each problem, TooLarge.
func ReadMode(data []byte, yaml bool) (Mode, error) {
	if err := checkUpload(data); err != nil {
		return Mode{}, err
	}
	var root *node
	var err error
	if yaml {
		root, _, _, err = parseAny(data, newBudget())
	} else {
		root, err = parseJSON(data)
	}
	if err != nil {
		return Mode{}, err
	}
	var d decoder
	var m Mode
	if root.get("config") != nil {
		m = d.apiMode(root)
	} else {
		m = d.flatMode(root)
	}
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	return m, nil
}

// PatchMode applies a merge patch (RFC 7396) to the API's form of m, such as
// {"name": "New", "config": {"whenToUse": null}}, and normalizes and validates
// the outcome. The error is as ReadMode's.
func PatchMode(m Mode, patch []byte) (Mode, error) {
	if err := checkUpload(patch); err != nil {
		return Mode{}, err
	}
	root, err := parseJSON(patch)
	if err != nil {
		return Mode{}, err
	}
	if root.kind != mapping {
		return Mode{}, malformed("malformed_patch", "This is not a merge patch",
			"a merge patch is an object with the fields to change, not "+root.describe(), root.line, root.column)
	}
	var d decoder
	root.flaws("", d.blame)
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	whole, err := marshalValue(Map{{"slug", m.Slug}, {"name", m.Name}, {"config", m.Config}})
	if err != nil {
		return Mode{}, fault.New(fault.Internal, "internal", "This mode can't be written.").Because(err)
	}
	target, err := parseJSON(whole)
	if err != nil {
		return Mode{}, err
	}
	merged := mergePatch(target, root)
	patched := d.apiMode(merged)
	// Positions make sense only for what stands in the patch.
	for i, p := range d.problems {
		at, exact := root.find(p.Pointer)
		if !exact {
			at = &node{}
		}
		d.problems[i].Line, d.problems[i].Column = at.line, at.column
	}
	if err := d.failure(); err != nil {
		return Mode{}, err
	}
	return patched, nil
}

// mergePatch is MergePatch of RFC 7396, section 2.
func mergePatch(target, patch *node) *node {
	if patch.kind != mapping {
		return patch
	}
	changes := make(map[string]*node, len(patch.fields))
	for _, f := range patch.fields {
		changes[f.name] = f.value
	}
	merged := &node{kind: mapping, line: patch.line, column: patch.column}
	if target != nil && target.kind == mapping {
		for _, f := range target.fields {
			change, ok := changes[f.name]
			delete(changes, f.name)
			if ok && change.kind == null {
				continue
			}
			if ok {
				f.value = mergePatch(f.value, change)
			}
			merged.fields = append(merged.fields, f)
		}
	}
	for _, f := range patch.fields {
		if change, isNew := changes[f.name]; isNew && change.kind != null {
			f.value = mergePatch(nil, change)
			merged.fields = append(merged.fields, f)
		}
	}
	return merged
}
