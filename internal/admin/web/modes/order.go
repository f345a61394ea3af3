package modes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// Order puts the organization's modes into another order. The form has either all ids of
// the list in the new order, with the field seen, the revision at which they were read; or
// one id as up or down, which is valid for any current order. A request by a script is
// answered with the publication line, any other with the list.
func (p *Pages) Order(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	reorderable := p.reorderable(all)
	wanted, expected, err := parseOrder(f, reorderable)
	if fault.Is(err, fault.NotFound) && v.Get("X-Requested-With") == "" {
		return v.RedirectWithFlash(v.Address("/modes"), shell.Flash{Text: "This mode was deleted by someone else; nothing was moved.", IsError: true})
	}
	if err != nil {
		return err
	}
	revision, err := p.DB.OrderModes(v.UserContext(), v.By(), v.Org.ID, p.interleave(all, wanted), expected)
	if err != nil {
		return err
	}
	if v.Get("X-Requested-With") == "" {
		if revision == v.Org.Revision {
			return v.RedirectWithFlash(v.Address("/modes"), shell.Flash{Text: "It is at the end of the list already; nothing was moved."})
		}
		return v.RedirectWithFlash(v.Address("/modes"), shell.Flash{Text: "The order is saved. Editors list the modes like this from their next poll on."})
	}
	l, err := v.PublicationLine(len(reorderable) + len(p.Builtins))
	if err != nil {
		return err
	}
	v.Set("X-Revision", strconv.FormatInt(revision, 10))
	return v.Part("modes", "publication-line", l)
}

// reorderable returns the modes that can be reordered: all except the ones that replace a
// built-in mode.
func (p *Pages) reorderable(all []postgres.ModeSummary) (reorderable []postgres.ModeSummary) {
	for _, m := range all {
		if !p.isBuiltin(m.Slug) {
			reorderable = append(reorderable, m)
		}
	}
	return reorderable
}

// interleave puts the listed modes into the wanted order, and leaves the others where they
// are.
func (p *Pages) interleave(all []postgres.ModeSummary, wanted []uuid.UUID) []uuid.UUID {
	order := make([]uuid.UUID, 0, len(all))
	for _, m := range all {
		switch {
		case p.isBuiltin(m.Slug):
			order = append(order, m.ID)
		case len(wanted) > 0:
			order, wanted = append(order, wanted[0]), wanted[1:]
		}
	}
	return append(order, wanted...)
}

func (p *Pages) isBuiltin(slug string) bool {
	return slices.ContainsFunc(p.Builtins, func(b modes.Mode) bool { return modes.SlugKey(b.Slug) == modes.SlugKey(slug) })
}

// parseOrder reads the wanted order and the revision that it is based on, 0 for any.
func parseOrder(f shell.Form, reorderable []postgres.ModeSummary) (wanted []uuid.UUID, expected int64, err error) {
	for move, by := range map[string]int{"up": -1, "down": 1} {
		id := f.Get(move)
		if id == "" {
			continue
		}
		for _, m := range reorderable {
			wanted = append(wanted, m.ID)
		}
		at := slices.IndexFunc(reorderable, func(m postgres.ModeSummary) bool { return m.ID.String() == id })
		if at < 0 {
			return nil, 0, fault.New(fault.NotFound, "not_found", "This mode no longer exists")
		}
		if to := at + by; to >= 0 && to < len(wanted) {
			wanted[at], wanted[to] = wanted[to], wanted[at]
		}
		return wanted, 0, nil
	}
	for text := range strings.FieldsSeq(f.Get("ids")) {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, 0, shell.MalformedForm(err)
		}
		wanted = append(wanted, id)
	}
	if expected, err = strconv.ParseInt(f.Get("seen"), 10, 64); err != nil || len(wanted) == 0 {
		return nil, 0, shell.MalformedForm(err)
	}
	return wanted, expected, nil
}
