package manifest

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// Patch applies a merge patch (RFC 7396) to the manifest of an object, such as {"spec":
// {"model": null}}. It returns the object with the new spec and labels. Errors are as for Read;
// lines and columns refer to the patch.
func Patch(k resource.Kind, current resource.Object, patch []byte) (resource.Object, error) {
	if err := upload.CheckSize(patch); err != nil {
		return current, err
	}
	root, err := (&jsonast.JSON{Budget: newBudget(context.Background())}).Parse(patch)
	if err != nil {
		return current, err
	}
	if root.Kind != jsonast.Object {
		return current, jsonast.Malformed("malformed_patch", "This is not a merge patch",
			"a merge patch is an object with the fields to change, not "+root.Describe(), root.Line, root.Column)
	}
	whole, err := jsonast.Marshal(Content(k, current))
	if err != nil {
		return current, fault.New(fault.Internal, "internal", "This object can't be written").WithCause(err)
	}
	target, err := (&jsonast.JSON{Budget: newBudget(context.Background())}).Parse(whole)
	if err != nil {
		return current, err
	}
	r := reader{kinds: []resource.Kind{k}, documents: make([]Document, 1), first: map[string]int{}}
	d := &r.documents[0]
	d.root = jsonast.MergePatch(target, root)
	r.document(d)
	// Only values of the patch have a position.
	for i, p := range r.list {
		at, exact := root.Find(p.Pointer)
		if !exact {
			at = &jsonast.Node{}
		}
		r.list[i].Line, r.list[i].Column = at.Line, at.Column
	}
	current.Spec, current.Labels = d.Spec, d.labelsOrEmpty()
	return current, r.err()
}
