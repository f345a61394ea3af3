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
func (a *API) withActions(v *request, m membership) membership {
	var definitions []actions.Definition
	for _, k := range a.DB.Kinds() {
		names := k.Names()
		definitions = append(definitions, actions.Create(names), actions.Import(names), actions.Export(names))
	}
	definitions = append(definitions, actions.Apply, actions.Watch, actions.ReadAudit, actions.ExportAudit, actions.ReadMembers, actions.Invite, actions.CreateToken)
	decide := func(r access.Request) access.Decision { return access.Decide(v.principal, m.Role, r) }
	m.Actions = actions.NewList(decide, organizationAddress(m.ID), definitions)
	return m
}

func (a *API) organizationList(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	all, err := a.memberships(v)
	if err != nil {
		return err
	}
	part, next := paginate(p, all, func(m membership) string { return m.ID.String() })
	for i, m := range part {
		part[i] = a.withActions(v, m)
	}
	return answer(v.Ctx, 200, struct {
		Organizations []membership `json:"organizations"`
		NextCursor    string       `json:"next_cursor,omitempty"`
	}{part, next})
}

// memberships returns the organizations that the sender is allowed to see: the user is
// a member of them, and the token grants them.
func (a *API) memberships(v *request) ([]membership, error) {
	all, err := a.Auth.Memberships(v.UserContext(), v.principal)
	if err != nil {
		return nil, err
	}
	list := make([]membership, len(all))
	for i, m := range all {
		list[i] = membership{ID: m.ID, Slug: m.Slug, Name: m.Name, Role: access.Role(m.Role)}
	}
	return list, nil
}
