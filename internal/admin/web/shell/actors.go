package shell

import (
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// Actors finds the names of users by their ids, for pages that show who did something. The
// name of a user is the email address. Each user is looked up at most once. An Actors must
// not be used concurrently.
type Actors struct {
	v *Request
	// Names maps user ids to the names found so far: those of all members at first, and of
	// the users that Name has looked up since.
	Names map[string]string
}

// Actors returns a new Actors with the names of all members of the request's organization.
// Actors.Name looks up other users on demand. The error is that of the database.
func (v *Request) Actors() (*Actors, error) {
	p := &Actors{v, map[string]string{}}
	members, err := v.shell.DB.Members(v.UserContext(), v.Org.ID)
	for _, m := range members {
		p.Names[m.User.ID.String()] = m.User.Email
	}
	return p, err
}

// Name returns the email address of the user with the id actor, or "a deleted user" if there
// is no such user. An operator is not a user: actor is then a name instead of a UUID, and
// Name returns it unchanged. The error is that of the database.
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
