package resource

import (
	"fmt"
	"strings"

	"orgmodes/internal/fault"
)

// InUse returns a *fault.Error (Conflict, "in_use") for the deletion of an object that others
// refer to. The message names them, and Current holds them.
func InUse(noun string, o Object, referrers []Referrer) error {
	f := fault.New(fault.Conflict, "in_use", "The %s '%s' is used by %s. Nothing was deleted; change the objects that use it first",
		noun, o.Spec.Title(), FormatReferrers(referrers))
	f.Current = referrers
	return f
}

// NameTaken returns a *fault.Error (Conflict, "name_taken") for a spec whose name an existing
// object has. Current is that object.
func NameTaken(noun string, s Spec, existing Object) error {
	f := fault.New(fault.Conflict, "name_taken", "A %s named %q already exists", noun, s.ObjectName())
	f.Current = existing
	return f
}

// NotFound returns a *fault.Error (NotFound, "not_found") for an object that doesn't exist.
func NotFound(noun string) error {
	return fault.New(fault.NotFound, "not_found", "There is no such %s", noun)
}

// FormatReferrers names the first of several objects and counts the rest.
func FormatReferrers(referrers []Referrer) string {
	const shown = 5
	var names []string
	for _, u := range referrers[:min(len(referrers), shown)] {
		names = append(names, fmt.Sprintf("the %s '%s'", u.Kind, u.Name))
	}
	if more := len(referrers) - shown; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
