package pubstore

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/token"
)

// Token is the record of a token: which organizations it grants access to, and until when.
type Token struct {
	Hash token.Hash
	// ID names the token in lists and metrics; it grants nothing.
	ID string
	// User is the ID of the user that the token acts for.
	User string
	// Organizations holds the IDs of the organizations that the token grants access to.
	Organizations []string
	Scopes        []string
	// ExpiresAt is zero for a token that doesn't expire.
	ExpiresAt time.Time
	// Revoked marks a tombstone. It is retained, so that an older record can't
	// reactivate the token.
	Revoked bool
	// Epoch and Version order the records of one token.
	Epoch, Version int64
	// Channel is reserved; empty means live.
	Channel string
	// ChangedAt is when the change that led to this version was made. It is written to the
	// log, if the change reduces access, and not to the record. It is zero for a record
	// that was read.
	ChangedAt time.Time
}

// Grants reports whether the token grants access to the organization at the given time.
func (t *Token) Grants(organization string, now time.Time) bool {
	if !t.Valid(now) {
		return false
	}
	for _, o := range t.Organizations {
		if o == organization {
			return true
		}
	}
	return false
}

// Valid reports whether the token is neither revoked nor expired at the given time.
func (t *Token) Valid(now time.Time) bool {
	return !t.Revoked && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

const stateActive, stateRevoked = "active", "revoked"

func (t *Token) fields() []any {
	state := stateActive
	if t.Revoked {
		state = stateRevoked
	}
	expires := int64(0)
	if !t.ExpiresAt.IsZero() {
		expires = t.ExpiresAt.UnixMilli()
	}
	return []any{
		"id", t.ID, "user", t.User,
		"organizations", strings.Join(t.Organizations, " "),
		"scopes", strings.Join(t.Scopes, " "),
		"expires", strconv.FormatInt(expires, 10),
		"state", state,
		"epoch", strconv.FormatInt(t.Epoch, 10),
		"version", strconv.FormatInt(t.Version, 10),
		"channel", t.Channel,
	}
}

func parseToken(hash token.Hash, h map[string]string) (*Token, error) {
	t := &Token{
		Hash: hash, ID: h["id"], User: h["user"], Channel: h["channel"],
		Organizations: strings.Fields(h["organizations"]), Scopes: strings.Fields(h["scopes"]),
		// Any state other than active grants nothing.
		Revoked: h["state"] != stateActive,
	}
	var err error
	num := func(field string) int64 {
		n, e := strconv.ParseInt(h[field], 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("pubstore: token record %s: %s: %w", t.ID, field, e)
		}
		return n
	}
	t.Epoch, t.Version = num("epoch"), num("version")
	if ms := num("expires"); ms != 0 {
		t.ExpiresAt = time.UnixMilli(ms).UTC()
	}
	return t, err
}

func hashHex(h token.Hash) string { return hex.EncodeToString(h[:]) }
