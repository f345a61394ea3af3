package api

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// tokenCreate creates a token that acts for the sender in this organization. It answers
// once readers know the token, so that it works at once. If that takes too long,
// "published" is false.
func (a *API) tokenCreate(v *request) error {
	var sent struct {
		Name      string     `json:"name"`
		Scopes    []string   `json:"scopes"`
		ExpiresAt *time.Time `json:"expires_at"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	if len(sent.Scopes) == 0 {
		sent.Scopes = []string{access.ScopeRead}
	}
	if err := v.decide(access.Request{Action: access.CreateToken, Own: true, Scopes: sent.Scopes}).Err(); err != nil {
		return err
	}
	if sent.ExpiresAt != nil && !sent.ExpiresAt.After(time.Now()) {
		return fault.New(fault.Invalid, "invalid_token", "The token was not created").
			With(fault.Field{Pointer: "/expires_at", Detail: "must be in the future; leave it out for a token that doesn't expire"})
	}
	secret := a.Keys.Mint()
	created, err := a.DB.CreateToken(v.UserContext(), v.by(), postgres.NewToken{
		Token: secret, Name: sent.Name, User: v.principal.UserID, Scopes: sent.Scopes,
		Organizations: []uuid.UUID{v.org.ID}, ExpiresAt: sent.ExpiresAt,
	})
	if err != nil {
		return err
	}
	out := v.token(created)
	out.Token = secret
	if out.Published, err = a.waitPublished(v.UserContext(), created); err != nil {
		// The token exists; only this response can contain its secret.
		a.Log.Warn("waiting for token to be published failed", "token_id", created.ID, "error", err)
	}
	v.Set(fiber.HeaderLocation, v.address("/tokens/"+created.ID.String()))
	return answer(v.Ctx, http.StatusCreated, out)
}
