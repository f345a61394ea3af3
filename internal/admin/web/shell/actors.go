package shell

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// Actors looks up the names of users by id. Each user is looked up at most once.
type Actors struct {
	v     *Request
	Names map[string]string
}

// Actors returns the names of the members of the organization. Others are looked up on
// demand.
func (v *Request) Actors() (*Actors, error) {
	p := &Actors{v, map[string]string{}}
	members, err := v.shell.DB.Members(v.UserContext(), v.Org.ID)
	for _, m := range members {
		p.Names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// Name returns the email address of a user. For an operator it returns the name in the
// audit log.
func (p *Actors) Name(actor string) (string, error) {
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
		p.Names[actor] = "a deleted user"
	case err != nil:
		return "", err
	default:
		p.Names[actor] = u.Email
	}
	return p.Names[actor], nil
}
