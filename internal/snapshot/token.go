package snapshot

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/token"
)

// Token is the record of a token: what it opens, and until when.
type Token struct {
	Hash token.Hash
	// ID names the token in listings and figures; it opens nothing.
	ID string
	// User is the id of the user that it acts for.
	User string
	// Organizations are the ids that it opens.
	Organizations []string
	Scopes        []string
	// ExpiresAt is zero for a token that doesn't expire.
	ExpiresAt time.Time
	// Revoked marks a tombstone: it stays, so that an older record can't bring
	// the token back.
	Revoked bool
	// Epoch and Version order the records of one token.
	Epoch, Version int64
	// Channel is reserved; empty means live.
	Channel string
	// ChangedAt is when the change was made that this version is of. It goes to the
	// log, where it takes something away, and not into the record: of a record
	// that was read it is zero.
	ChangedAt time.Time
}

// Opens reports whether the token opens the organization at the time.
func (t *Token) Opens(organization string, now time.Time) bool {
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

// Valid reports whether the token is neither revoked nor expired.
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
		// Whatever is not plainly active opens nothing.
		Revoked: h["state"] != stateActive,
	}
	var err error
	num := func(field string) int64 {
		n, e := strconv.ParseInt(h[field], 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("snapshot: token record %s: %s: %w", t.ID, field, e)
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
