package shell

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// People looks up the names of users by id. Each user is looked up at most once.
type People struct {
	v     *Visit
	Names map[string]string
}

// People returns the names of the members of the organization. Others are looked up on
// demand.
func (v *Visit) People() (*People, error) {
	p := &People{v, map[string]string{}}
	members, err := v.shell.DB.Members(v.UserContext(), v.Org.ID)
	for _, m := range members {
		p.Names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// Name returns the email address of a user. For an operator it returns the name in the
// audit log.
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
		p.Names[actor] = "a deleted user"
	case err != nil:
		return "", err
	default:
		p.Names[actor] = u.Email
	}
	return p.Names[actor], nil
}
