package manifest

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// Patch applies a merge patch (RFC 7396) to the manifest of a spec, such as
// {"spec": {"model": null}}. The error is as Read's; lines and columns are those of the
// patch.
func Patch(k resource.Kind, current resource.Spec, patch []byte) (resource.Spec, error) {
	if err := upload.CheckUpload(patch); err != nil {
		return nil, err
	}
	root, err := (&jsonast.JSON{Budget: newBudget(context.Background())}).Parse(patch)
	if err != nil {
		return nil, err
	}
	if root.Kind != jsonast.Object {
		return nil, jsonast.Malformed("malformed_patch", "This is not a merge patch",
			"a merge patch is an object with the fields to change, not "+root.Describe(), root.Line, root.Column)
	}
	whole, err := jsonast.Marshal(Of(k, resource.Object{Spec: current}))
	if err != nil {
		return nil, fault.New(fault.Internal, "internal", "This object can't be written").Because(err)
	}
	target, err := (&jsonast.JSON{Budget: newBudget(context.Background())}).Parse(whole)
	if err != nil {
		return nil, err
	}
	r := reader{kinds: []resource.Kind{k}, documents: make([]Document, 1), first: map[string]int{}}
	d := &r.documents[0]
	d.root = jsonast.MergePatch(target, root)
	r.document(d)
	// Positions make sense only for what stands in the patch.
	for i, p := range r.list {
		at, exact := root.Find(p.Pointer)
		if !exact {
			at = &jsonast.Node{}
		}
		r.list[i].Line, r.list[i].Column = at.Line, at.Column
	}
	return d.Spec, r.failure()
}
