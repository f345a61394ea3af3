package web

import (
	"errors"
	"html/template"
	"strings"

	"orgmodes/internal/access"
)

// rowData is a row with the list that it stands in.
type rowData struct {
	Row  modeRow
	List modesData
}

// rowKey is all that a row depends on beside the version of the mode: hundreds of
// rows take longer to make than everything else of a page.
type rowKey struct {
	version             versionKey
	org, slug, by, ago  string
	builtin, overrides  bool
	placed, first, last bool
	change, order       access.Verdict
}

func newRows() memory[rowKey, template.HTML] {
	return remember[rowKey](32<<20, func(row template.HTML) int { return len(row) })
}

// ModeRow is a row of the list of modes.
func (s view) ModeRow(r modeRow) (template.HTML, error) {
	w := s.v.w
	list, ok := s.Data.(modesData)
	if !ok {
		return "", errors.New("web: a row stands in the list of modes")
	}
	key := rowKey{
		version: r.key, org: s.v.org.Slug, slug: r.Slug, by: r.By, builtin: r.Builtin, overrides: r.Overrides,
		placed: r.Place > 0, first: r.Place == 1, last: r.Place == r.Of, change: list.Change, order: list.Order,
	}
	if r.Ours() {
		key.ago = ago(r.UpdatedAt, w.now())
	}
	row, ok := w.rowsMade.get(key)
	if ok {
		return row, nil
	}
	var b strings.Builder
	if err := w.templates["modes"].ExecuteTemplate(&b, "mode-row", s.With(rowData{r, list})); err != nil {
		return "", err
	}
	row = template.HTML(b.String()) //nolint:gosec // by a template, for the same place
	w.rowsMade.put(key, row)
	return row, nil
}
