package api

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/postgres"
)

// accessToken describes a token. Token is the secret itself, which only the response to
// its creation contains.
type accessToken struct {
	ID         uuid.UUID  `json:"id"`
	Token      string     `json:"token,omitempty"`
	Start      string     `json:"start"`
	Name       string     `json:"name"`
	User       person     `json:"user"`
	Scopes     []string   `json:"scopes"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
	// Published reports whether readers know its current state.
	Published bool `json:"published"`

	Actions actions.List `json:"actions"`
}

// person is a user as shown to others.
type person struct {
	ID    uuid.UUID `json:"id"`
	Email string    `json:"email"`
	Name  string    `json:"name"`
}

func personOf(u postgres.User) person { return person{u.ID, u.Email, u.Name} }

func (v *request) token(t postgres.Token) accessToken {
	can := actions.List{}
	if t.RevokedAt == nil {
		can = actions.NewList(v.decide, v.address("/tokens/"+t.ID.String()),
			[]actions.Definition{actions.Revoke.AlsoNeeds(revokeAccess(t.User.ID == v.principal.UserID))})
	}
	return accessToken{
		ID: t.ID, Start: t.Start, Name: t.Name, User: personOf(t.User), Scopes: t.Scopes, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt,
		ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt, Published: t.PublishedVersion >= t.Version,
		Actions: can,
	}
}

func revokeAccess(own bool) access.Request {
	return access.Request{Action: access.RevokeToken, Own: own}
}

// waitPublished waits up to PublishWait until readers know the current state of a token.
// The change is committed already, and will be published in any case.
func (a *API) waitPublished(ctx context.Context, t postgres.Token) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, a.PublishWait)
	defer cancel()
	err := a.DB.WaitTokenPublished(ctx, t.ID, t.Version)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}
