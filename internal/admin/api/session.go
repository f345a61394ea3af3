package api

import (
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auth"
)

// session describes the authenticated user and the user's organizations.
type session struct {
	User person      `json:"user"`
	Via  access.Kind `json:"via"`
	// Token is the access token of the request, if any.
	Token *sessionToken `json:"token,omitempty"`
	// ExpiresAt and CSRF are set for a session that a password opened.
	ExpiresAt     *time.Time   `json:"expires_at,omitempty"`
	CSRF          string       `json:"csrf_token,omitempty"`
	Organizations []membership `json:"organizations"`
}

type sessionToken struct {
	ID     string   `json:"id"`
	Scopes []string `json:"scopes"`
}

func (a *API) sessionOf(v *request, s *auth.Session) (session, error) {
	orgs, err := a.memberships(v)
	if err != nil {
		return session{}, err
	}
	out := session{User: person{v.principal.UserID, v.principal.Email, v.principal.Name}, Via: v.principal.Kind, Organizations: orgs}
	if v.principal.Kind == access.Token {
		out.Token = &sessionToken{v.principal.TokenID.String(), v.principal.Scopes}
	}
	if s != nil {
		out.ExpiresAt, out.CSRF = &s.ExpiresAt, s.CSRF
	}
	return out, nil
}
