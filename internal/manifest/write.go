package manifest

import (
	"maps"
	"slices"
	"time"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// FromObject returns the manifest of an object, with its conditions. metadata.generation is the
// object's version, so that applying the manifest can't overwrite a later change by someone
// else.
func FromObject(k resource.Kind, o resource.Object) jsonast.Map {
	out := Content(k, o)
	const at = 2
	metadata, _ := out[at].Value.(jsonast.Map)
	metadata = append(metadata, jsonast.Map{
		{Name: "uid", Value: o.ID.String()},
		{Name: "generation", Value: int(o.Version)},
		{Name: "creationTimestamp", Value: o.CreatedAt.UTC().Format(time.RFC3339)},
	}...)
	out[at].Value = metadata
	if len(o.Conditions) > 0 {
		out = append(out, jsonast.Pair{Name: "status", Value: jsonast.Map{{Name: "conditions", Value: conditions(o.Conditions)}}})
	}
	return out
}

// Content returns the manifest of an object with the user-editable fields only.
func Content(k resource.Kind, o resource.Object) jsonast.Map {
	names := k.Names()
	spec := jsonast.Map{}
	for _, p := range o.Spec.Fields() {
		if p.Name != names.NameField && p.Value != nil {
			spec = append(spec, p)
		}
	}
	metadata := jsonast.Map{{Name: "name", Value: o.Spec.ObjectName()}}
	if len(o.Labels) > 0 {
		labels := jsonast.Map{}
		for _, key := range slices.Sorted(maps.Keys(o.Labels)) {
			labels = append(labels, jsonast.Pair{Name: key, Value: o.Labels[key]})
		}
		metadata = append(metadata, jsonast.Pair{Name: "labels", Value: labels})
	}
	return jsonast.Map{
		{Name: "apiVersion", Value: APIVersion},
		{Name: "kind", Value: names.Manifest},
		{Name: "metadata", Value: metadata},
		{Name: "spec", Value: spec},
	}
}

// conditions returns conditions as JSON values.
func conditions(all []resource.Condition) []any {
	out := make([]any, len(all))
	for i, c := range all {
		m := jsonast.Map{
			{Name: "type", Value: c.Type},
			{Name: "status", Value: string(c.Status)},
			{Name: "reason", Value: c.Reason},
			{Name: "message", Value: c.Message},
			{Name: "observedGeneration", Value: int(c.ObservedGeneration)},
		}
		if !c.LastTransitionTime.IsZero() {
			m = append(m, jsonast.Pair{Name: "lastTransitionTime", Value: c.LastTransitionTime.UTC().Format(time.RFC3339)})
		}
		out[i] = m
	}
	return out
}

// Export returns the manifests of objects, without status, as YAML documents. Read can read
// them.
func Export(k resource.Kind, all []resource.Object) []byte {
	stripped := slices.Clone(all)
	for i := range stripped {
		stripped[i].Conditions = nil
	}
	return YAML(k, stripped)
}

// YAML returns the manifests of objects as YAML documents.
func YAML(k resource.Kind, all []resource.Object) []byte {
	var out []byte
	for i, o := range all {
		if i > 0 {
			out = append(out, "---\n"...)
		}
		out = append(out, jsonast.MarshalYAML(FromObject(k, o), "")...)
	}
	return out
}
