package api

import (
	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

const currentVersion = "current"

// diffVersions compares ?from= with ?to=, each a version or "current". ?to= defaults to
// "current".
func (r *objects) diffVersions(v *request) error {
	id, err := r.historyID(v)
	if err != nil {
		return err
	}
	from, to := v.Query("from"), v.Query("to", currentVersion)
	if from == "" {
		return malformedQuery("from must be the version to compare with, such as from=3")
	}
	before, err := r.versionAt(v, id, from)
	if err != nil {
		return err
	}
	after, err := r.versionAt(v, id, to)
	if err != nil {
		return err
	}
	changes := diff.WithLines(r.store.Diff(before.Object, after.Object), diff.NewBudget(v.UserContext(), diff.DefaultSteps))
	if changes == nil {
		changes = []diff.Change{}
	}
	return answer(v.Ctx, 200, struct {
		From    version       `json:"from"`
		To      version       `json:"to"`
		Changes []diff.Change `json:"changes"`
	}{r.versionOf(v, before), r.versionOf(v, after), changes})
}

// versionAt returns a version by number, or the newest. The newest version of a deleted
// object has the deleted content.
func (r *objects) versionAt(v *request, id uuid.UUID, number string) (none postgres.Version[resource.Object], err error) {
	if number == currentVersion {
		newest, err := r.store.Versions(v.UserContext(), v.org.ID, id, 0, 1)
		if err != nil {
			return none, err
		}
		return newest[0], nil
	}
	n, err := versionNumber(number)
	if err != nil {
		return none, err
	}
	return r.store.Version(v.UserContext(), v.org.ID, id, n)
}
