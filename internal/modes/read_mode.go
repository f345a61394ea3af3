package modes

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

// ReadMode reads one mode, and normalizes and validates it. The mode is in the API's format
// {"slug", "name", "config": {...}}, or in that of files with everything on one level. If yaml
// is set, the text can be YAML as well as JSON. The error is a *fault.Error: Malformed if the
// text can't be parsed, Invalid ("invalid_mode") with the position of each problem, or
// TooLarge. If ctx is done, it is the error of ctx.
func ReadMode(ctx context.Context, data []byte, yaml bool) (Mode, error) {
	if err := CheckBody(data); err != nil {
		return Mode{}, err
	}
	var root *jsonast.Node
	var err error
	if yaml {
		root, _, _, err = parseAny(data, modeBudget(ctx))
	} else {
		root, err = parseJSON(data, modeBudget(ctx))
	}
	if err != nil {
		return Mode{}, err
	}
	return readMode(root)
}

// readMode is ReadMode for a parsed text.
func readMode(root *jsonast.Node) (m Mode, err error) {
	var d decoder
	if root.Get("config") != nil {
		m = d.apiMode(root)
	} else {
		m = d.flatMode(root)
	}
	if err := d.err(); err != nil {
		return Mode{}, err
	}
	return m, nil
}

// IsInAPIFormat reports whether data is JSON with a mode in the API's format, as opposed to that
// of files: its config is an object.
func IsInAPIFormat(ctx context.Context, data []byte) bool {
	if CheckBody(data) != nil || !jsonast.LooksLikeJSON(data) {
		return false
	}
	root, err := parseJSON(data, modeBudget(ctx))
	return err == nil && root.Get("config") != nil && root.Get("config").Kind == jsonast.Object
}

// PatchMode applies a merge patch (RFC 7396) to the API's format of m, such as {"name": "New",
// "config": {"whenToUse": null}}. It normalizes and validates the result. Errors are as for
// ReadMode.
func PatchMode(m Mode, patch []byte) (Mode, error) {
	if err := CheckBody(patch); err != nil {
		return Mode{}, err
	}
	root, err := parseJSON(patch, modeBudget(context.Background()))
	if err != nil {
		return Mode{}, err
	}
	if root.Kind != jsonast.Object {
		return Mode{}, jsonast.Malformed("malformed_patch", "This is not a merge patch",
			"a merge patch is an object with the fields to change, not "+root.Describe(), root.Line, root.Column)
	}
	var d decoder
	root.Problems(jsonast.NewPath(""), d.addProblemAt)
	if err := d.err(); err != nil {
		return Mode{}, err
	}
	whole, err := jsonast.Marshal(m.Fields())
	if err != nil {
		return Mode{}, fault.New(fault.Internal, "internal", "This mode can't be written.").WithCause(err)
	}
	target, err := (&jsonast.JSON{Budget: storedBudget()}).Parse(whole)
	if err != nil {
		return Mode{}, err
	}
	merged := jsonast.MergePatch(target, root)
	patched := d.apiMode(merged)
	// Only values of the patch have a position.
	for i, p := range d.problems {
		at, exact := root.Find(p.Pointer)
		if !exact {
			at = &jsonast.Node{}
		}
		d.problems[i].Line, d.problems[i].Column = at.Line, at.Column
	}
	if err := d.err(); err != nil {
		return Mode{}, err
	}
	return patched, nil
}
