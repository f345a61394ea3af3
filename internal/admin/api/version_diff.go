package api

import (
	"github.com/google/uuid"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

const current = "current"

// versionDiff compares ?from= and ?to=, each a version or "current", which is
// what ?to= is where it is left out.
func (a *API) versionDiff(v *visit) error {
	id, err := a.history(v)
	if err != nil {
		return err
	}
	from, to := v.Query("from"), v.Query("to", current)
	if from == "" {
		return malformedQuery("from is the version to compare with, such as from=3")
	}
	before, err := a.versionAt(v, id, from)
	if err != nil {
		return err
	}
	after, err := a.versionAt(v, id, to)
	if err != nil {
		return err
	}
	changes := modes.Diff(before.Object.Mode, after.Object.Mode)
	if changes == nil {
		changes = []modes.Change{}
	}
	return answer(v.Ctx, 200, struct {
		From    version        `json:"from"`
		To      version        `json:"to"`
		Changes []modes.Change `json:"changes"`
	}{versionOf(before), versionOf(after), changes})
}

// versionAt is a version by its number, or the newest. That of a deleted mode is
// what was deleted.
func (a *API) versionAt(v *visit, id uuid.UUID, number string) (postgres.ModeVersion, error) {
	if number == current {
		newest, err := a.DB.ModeVersions(v.UserContext(), v.org.ID, id, 0, 1)
		if err != nil {
			return postgres.ModeVersion{}, err
		}
		return newest[0], nil
	}
	n, err := versionNumber(number)
	if err != nil {
		return postgres.ModeVersion{}, err
	}
	return a.DB.ModeVersion(v.UserContext(), v.org.ID, id, n)
}
