package api

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
)

// membership is an organization that the sender is allowed to see.
type membership struct {
	ID   uuid.UUID   `json:"id"`
	Slug string      `json:"slug"`
	Name string      `json:"name"`
	Role access.Role `json:"role"`

	Actions actions.List `json:"actions,omitempty"`
}

// withActions adds the sender's actions on an organization.
func (a *API) withActions(v *visit, m membership) membership {
	var definitions []actions.Definition
	for _, k := range a.DB.Kinds() {
		names := k.Names()
		definitions = append(definitions, actions.Create(names), actions.Import(names), actions.Export(names))
	}
	definitions = append(definitions, actions.Apply, actions.Watch, actions.ReadAudit, actions.ExportAudit, actions.ReadMembers, actions.Invite, actions.CreateToken)
	may := func(r access.Request) access.Verdict { return access.Decide(v.who, m.Role, r) }
	m.Actions = actions.Of(may, organizationAddress(m.ID), definitions)
	return m
}

func (a *API) organizationList(v *visit) error {
	p, err := pagingOf(v.Ctx, usualPage, largestPage)
	if err != nil {
		return err
	}
	all, err := a.memberships(v)
	if err != nil {
		return err
	}
	part, next := page(p, all, func(m membership) string { return m.ID.String() })
	for i, m := range part {
		part[i] = a.withActions(v, m)
	}
	return answer(v.Ctx, 200, struct {
		Organizations []membership `json:"organizations"`
		NextCursor    string       `json:"next_cursor,omitempty"`
	}{part, next})
}

// memberships returns the organizations that the sender is allowed to see: the user is
// a member of them, and the token opens them.
func (a *API) memberships(v *visit) ([]membership, error) {
	all, err := a.Auth.Memberships(v.UserContext(), v.who)
	if err != nil {
		return nil, err
	}
	list := make([]membership, len(all))
	for i, m := range all {
		list[i] = membership{ID: m.ID, Slug: m.Slug, Name: m.Name, Role: access.Role(m.Role)}
	}
	return list, nil
}
