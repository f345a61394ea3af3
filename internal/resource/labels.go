package resource

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
)

const (
	// MaxLabels is the maximum number of labels of an object.
	MaxLabels = 64
	// maxLabelLength bounds the name of a label, without its prefix, and its value.
	maxLabelLength = 63
	// maxLabelPrefix bounds the prefix of a label's key.
	maxLabelPrefix = 253
)

// Keys and values follow the syntax of Kubernetes, whose tools users know. A key is a name with
// an optional prefix, a DNS subdomain (RFC 1123, section 2.1).
var (
	labelPart   = regexp.MustCompile(`^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$`)
	labelPrefix = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
)

// LabelsPointer is the pointer to the labels in a manifest.
const LabelsPointer = "/metadata/labels"

// CheckLabels returns the problems of labels, sorted by key. Pointers refer to the object's
// manifest.
func CheckLabels(labels map[string]string) []fault.Field {
	if len(labels) > MaxLabels {
		return []fault.Field{{Pointer: LabelsPointer, Detail: fmt.Sprintf("are %d labels; an object can have at most %d", len(labels), MaxLabels)}}
	}
	var problems []fault.Field
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if detail := checkLabelKey(key); detail != "" {
			problems = append(problems, fault.Field{Pointer: LabelsPointer + jsonast.EscapeToken(key), Detail: detail})
		}
		if value := labels[key]; value != "" && (len(value) > maxLabelLength || !labelPart.MatchString(value)) {
			problems = append(problems, fault.Field{Pointer: LabelsPointer + jsonast.EscapeToken(key), Detail: fmt.Sprintf(
				"has the value %q; values have at most %d letters, digits, '-', '_' and '.', and begin and end with a letter or a digit",
				humanize.Truncate(value, maxLabelLength), maxLabelLength)})
		}
	}
	return problems
}

func checkLabelKey(key string) string {
	name := key
	if prefix, rest, ok := strings.Cut(key, "/"); ok {
		name = rest
		if len(prefix) > maxLabelPrefix || !labelPrefix.MatchString(prefix) {
			return fmt.Sprintf("has a prefix that is not a DNS name of at most %d characters, such as example.com/", maxLabelPrefix)
		}
	}
	if len(name) > maxLabelLength || !labelPart.MatchString(name) {
		return fmt.Sprintf("is not a label key: it has at most %d letters, digits, '-', '_' and '.', begins and ends with a letter or a digit, "+
			"and may have a prefix such as example.com/", maxLabelLength)
	}
	return ""
}

// LabelsNotSupported returns the problem for labels on an object whose kind has none.
func LabelsNotSupported(k Kind) fault.Field {
	return fault.Field{Pointer: LabelsPointer, Detail: "a " + k.Names().Noun + " has no labels; leave them out"}
}

// SameAs reports whether two objects of one kind have the same content, that is the same spec
// and labels.
func (o Object) SameAs(other Object) bool {
	return o.Spec.SameAs(other.Spec) && maps.Equal(o.Labels, other.Labels)
}

// Diff returns the changes from the content of one object to that of another of the same kind,
// field by field. An object without a spec has no fields.
func Diff(k Kind, before, after Object) []diff.Change {
	return diff.Fields(k.Diff(before.Spec, after.Spec), LabelsPointer, labelFields(before), labelFields(after))
}

func labelFields(o Object) map[string]any {
	fields := make(map[string]any, len(o.Labels))
	for key, value := range o.Labels {
		fields[key] = value
	}
	return fields
}
