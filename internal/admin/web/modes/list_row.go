package modes

import (
	"html/template"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
)

// rowData is a row with its list.
type rowData struct {
	Row  modeRow
	List modesData
}

// rowKey identifies a rendered row by everything that it depends on. Rows are cached because
// rendering hundreds of them takes longer than everything else on a page.
type rowKey struct {
	version              versionKey
	org, slug, by, ago   string
	builtin, overrides   bool
	draft                bool
	movable, first, last bool
	can                  actions.Verdicts
	order                access.Decision
}

func newRowCache() shell.Cache[rowKey, template.HTML] {
	return shell.NewCache[rowKey](32<<20, func(row template.HTML) int { return len(row) })
}

// Row returns the rendered row of a mode in the list.
func (list modesData) Row(s shell.View, r modeRow) (template.HTML, error) {
	p := list.pages
	key := rowKey{
		version: r.key, org: s.Org().Slug, slug: r.Slug, by: r.By, builtin: r.Builtin, overrides: r.Overrides, draft: r.Draft,
		movable: r.Position > 0, first: r.Position == 1, last: r.Position == r.PositionCount, can: list.Can, order: list.Order,
	}
	if r.IsOwn() {
		key.ago = shell.Ago(r.UpdatedAt, p.Now())
	}
	row, ok := p.rowCache.Get(key)
	if ok {
		return row, nil
	}
	row, err := s.With(rowData{r, list}).Render("modes", "mode-row")
	if err == nil {
		p.rowCache.Put(key, row)
	}
	return row, err
}
