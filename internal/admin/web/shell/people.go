package shell

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// People finds out how those are called who did something: each is asked for
// once.
type People struct {
	v     *Visit
	Names map[string]string
}

// People finds out how the members of the organization are called.
func (v *Visit) People() (*People, error) {
	p := &People{v, map[string]string{}}
	members, err := v.shell.DB.Members(v.UserContext(), v.Org.ID)
	for _, m := range members {
		p.Names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// Name is the address of a user, and for an operator the name that the audit log
// has.
func (p *People) Name(actor string) (string, error) {
	if name, ok := p.Names[actor]; ok {
		return name, nil
	}
	id, err := uuid.Parse(actor)
	if err != nil {
		return actor, nil //nolint:nilerr // operators are known by name
	}
	u, err := p.v.shell.DB.User(p.v.UserContext(), id)
	switch {
	case fault.Is(err, fault.NotFound):
		p.Names[actor] = "somebody who is gone"
	case err != nil:
		return "", err
	default:
		p.Names[actor] = u.Email
	}
	return p.Names[actor], nil
}
