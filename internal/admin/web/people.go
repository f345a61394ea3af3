package web

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// people finds out how those are called who did something: each is asked for
// once.
type people struct {
	v     *visit
	names map[string]string
}

func (v *visit) people() (*people, error) {
	p := &people{v, map[string]string{}}
	members, err := v.w.DB.Members(v.UserContext(), v.org.ID)
	for _, m := range members {
		p.names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// name is the address of a user, and for an operator the name that the audit log
// has.
func (p *people) name(actor string) (string, error) {
	if name, ok := p.names[actor]; ok {
		return name, nil
	}
	id, err := uuid.Parse(actor)
	if err != nil {
		return actor, nil //nolint:nilerr // operators are known by name
	}
	u, err := p.v.w.DB.User(p.v.UserContext(), id)
	switch {
	case fault.Is(err, fault.NotFound):
		p.names[actor] = "somebody who is gone"
	case err != nil:
		return "", err
	default:
		p.names[actor] = u.Email
	}
	return p.names[actor], nil
}
