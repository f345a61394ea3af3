package manifest

import (
	"time"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// Of returns the manifest of an object. It carries the object's version as
// metadata.generation, so that applying it can't undo what somebody else did since.
func Of(k resource.Kind, o resource.Object) jsonast.Map {
	names := k.Names()
	spec := jsonast.Map{}
	for _, p := range o.Spec.Fields() {
		if p.Name != names.NameField && p.Value != nil {
			spec = append(spec, p)
		}
	}
	return jsonast.Map{
		{Name: "apiVersion", Value: APIVersion},
		{Name: "kind", Value: names.Manifest},
		{Name: "metadata", Value: jsonast.Map{
			{Name: "name", Value: o.Spec.ObjectName()},
			{Name: "uid", Value: o.ID.String()},
			{Name: "generation", Value: int(o.Version)},
			{Name: "creationTimestamp", Value: o.CreatedAt.UTC().Format(time.RFC3339)},
		}},
		{Name: "spec", Value: spec},
	}
}

// YAML returns the manifests of objects as documents of YAML, which Read reads.
func YAML(k resource.Kind, all []resource.Object) []byte {
	var out []byte
	for i, o := range all {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		out = append(out, jsonast.MarshalYAML(Of(k, o), "")...)
	}
	return out
}
