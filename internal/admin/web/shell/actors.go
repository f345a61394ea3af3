package shell

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// Actors looks up the email addresses of users by id, as their names on pages. Each user is
// looked up at most once.
type Actors struct {
	v *Request
	// Names maps user ids to the names found so far.
	Names map[string]string
}

// Actors returns an Actors that holds the members of the organization. Other users are
// looked up on demand.
func (v *Request) Actors() (*Actors, error) {
	p := &Actors{v, map[string]string{}}
	members, err := v.shell.DB.Members(v.UserContext(), v.Org.ID)
	for _, m := range members {
		p.Names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// Name returns the email address of the user with the given id, or "a deleted user". An
// operator has no account, so actor is then the name recorded in the audit log; Name
// returns it unchanged. The error is that of the database.
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
