package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/token"
)

// Token is the stored data of a token. The token itself is shown once and not stored.
type Token struct {
	ID uuid.UUID
	// Start is the beginning of the token, as shown in lists.
	Start string
	Name  string
	// User is the user that the token acts for.
	User      User
	Scopes    []string
	CreatedBy string
	CreatedAt time.Time
	// ExpiresAt, RevokedAt and LastUsedAt are nil if there is no such time.
	ExpiresAt, RevokedAt, LastUsedAt *time.Time
	Version, PublishedVersion        int64
}

// NewToken is a token to store.
type NewToken struct {
	// Token is the whole token; only its hash and its start are stored.
	Token  string
	Name   string
	User   uuid.UUID
	Scopes []string
	// Organizations are the organizations that it grants access to, as long as its user is a
	// member.
	Organizations []uuid.UUID
	// ExpiresAt is nil if the token never expires.
	ExpiresAt *time.Time
}

type tokenContent struct {
	Start     string     `json:"start"`
	Name      string     `json:"name"`
	User      string     `json:"user"`
	Scopes    []string   `json:"scopes"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

const (
	scopeRead  = "read"
	scopeWrite = "write"
)

// CreateToken stores a token and enqueues its publication; see WaitTokenPublished. It
// returns Invalid for a token that could write but not read.
func (db *DB) CreateToken(ctx context.Context, by audit.Attribution, n NewToken) (Token, error) {
	if len(n.Organizations) == 0 {
		return Token{}, errors.New("postgres: a token without access to an organization")
	}
	if !slices.Contains(n.Scopes, scopeRead) && slices.Contains(n.Scopes, scopeWrite) {
		return Token{}, fault.New(fault.Invalid, "invalid_token", "The token was not created").With(fault.Field{
			Pointer: "/scopes", Detail: "The scope write requires read, because responses to changes contain content: use both",
		})
	}
	organizations := slices.SortedFunc(slices.Values(n.Organizations), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	var out Token
	err := db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		u, err := q.ShareUser(ctx, n.User)
		if err != nil {
			return orNotFound(err, "user")
		}
		if u.DisabledAt != nil {
			return fault.New(fault.Conflict, "account_disabled", "The account of %s is disabled: their tokens would be refused", u.Email)
		}
		hash := token.HashOf([]byte(n.Token))
		row, err := q.InsertToken(ctx, sqlcgen.InsertTokenParams{
			Sha256: hash[:], Start: token.Start(n.Token), Name: strings.TrimSpace(n.Name), UserID: n.User,
			Scopes: n.Scopes, CreatedBy: by.Actor.ID, ExpiresAt: n.ExpiresAt,
		})
		if err != nil {
			return err
		}
		out = toToken(row, u)
		after, err := encodeJSON(out.auditContent())
		if err != nil {
			return err
		}
		for _, org := range organizations {
			if _, err := q.LockMember(ctx, sqlcgen.LockMemberParams{OrganizationID: org, UserID: n.User}); err != nil {
				if errors.Is(err, pgx.ErrNoRows) {
					return fault.New(fault.Invalid, "not_a_member", "%s is not a member of the organization, so their token can't have access to it", u.Email)
				}
				return err
			}
			if err := q.InsertTokenOrganization(ctx, sqlcgen.InsertTokenOrganizationParams{TokenID: row.ID, OrganizationID: org}); err != nil {
				return err
			}
			if err := insertAudit(ctx, q, by, auditEntry{organization: &org, action: audit.Create, subject: out.auditSubject(), after: after}); err != nil {
				return err
			}
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: row.ID, Version: row.Version}, nil)
		return err
	})
	return out, err
}

// RevokeToken revokes a token permanently; revoking it again changes nothing.
func (db *DB) RevokeToken(ctx context.Context, by audit.Attribution, org, id uuid.UUID) (Token, error) {
	var out Token
	err := db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		found, err := q.GetOrganizationToken(ctx, sqlcgen.GetOrganizationTokenParams{ID: id, OrganizationID: org})
		if err != nil {
			return orNotFound(err, "token")
		}
		u, err := q.GetUser(ctx, found.UserID)
		if err != nil {
			return err
		}
		row, err := q.RevokeToken(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			out = toToken(found, u)
			return nil
		}
		if err != nil {
			return err
		}
		before, err := encodeJSON(toToken(found, u).auditContent())
		if err != nil {
			return err
		}
		out = toToken(row, u)
		after, err := encodeJSON(out.auditContent())
		if err != nil {
			return err
		}
		err = insertAudit(ctx, q, by, auditEntry{organization: &org, action: audit.Revoke, subject: out.auditSubject(), before: before, after: after})
		if err != nil {
			return err
		}
		_, err = db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: id, Version: row.Version}, nil)
		return err
	})
	return out, err
}

// TokenFilter narrows a list of tokens; zero fields match everything.
type TokenFilter struct {
	// User is the user that they act for.
	User uuid.UUID
	// Ended is nil for all tokens, true for revoked or expired ones, and false for
	// the others.
	Ended *bool
	// After is the id of the last token of the previous page. If that token doesn't grant
	// access to the organization, the page is empty.
	After uuid.UUID
	// Limit is the size of a page.
	Limit int
}

// Tokens lists the tokens that grant access to an organization, newest first. more reports
// whether there are others after the last of them.
func (db *DB) Tokens(ctx context.Context, org uuid.UUID, f TokenFilter) (page []Token, more bool, err error) {
	var ended pgtype.Bool
	if f.Ended != nil {
		ended = pgtype.Bool{Bool: *f.Ended, Valid: true}
	}
	rows, err := db.customPlan.ListTokens(ctx, sqlcgen.ListTokensParams{
		OrganizationID: org, UserID: ptrOrNil(f.User), Ended: ended, After: ptrOrNil(f.After), RowLimit: int32(f.Limit) + 1,
	})
	if err != nil {
		return nil, false, fmt.Errorf("list tokens: %w", err)
	}
	if more = len(rows) > f.Limit; more {
		rows = rows[:f.Limit]
	}
	out := make([]Token, len(rows))
	for i, r := range rows {
		out[i] = Token{
			ID: r.ID, Start: r.Start, Name: r.Name, User: User{ID: r.UserID, Email: r.UserEmail, Name: r.UserName},
			Scopes: r.Scopes, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
			ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt, LastUsedAt: r.LastUsedAt,
			Version: r.Version, PublishedVersion: r.PublishedVersion,
		}
	}
	return out, more, nil
}

// Token returns a token that grants access to an organization, or NotFound.
func (db *DB) Token(ctx context.Context, org, id uuid.UUID) (Token, error) {
	row, err := db.q.GetOrganizationToken(ctx, sqlcgen.GetOrganizationTokenParams{ID: id, OrganizationID: org})
	if err != nil {
		return Token{}, orNotFound(err, "token")
	}
	u, err := db.q.GetUser(ctx, row.UserID)
	if err != nil {
		return Token{}, orNotFound(err, "user")
	}
	return toToken(row, u), nil
}

// CountPendingTokens counts the tokens of an organization whose current version readers
// don't have.
func (db *DB) CountPendingTokens(ctx context.Context, org uuid.UUID) (int, error) {
	n, err := db.q.CountPendingTokens(ctx, org)
	if err != nil {
		return 0, fmt.Errorf("count pending tokens: %w", err)
	}
	return int(n), nil
}

// TokenByHash returns the token of a hash, or NotFound if no token that is valid now has it.
// The role of its user determines what it is allowed to do in an organization.
func (db *DB) TokenByHash(ctx context.Context, hash token.Hash) (Token, error) {
	r, err := db.q.GetTokenByHash(ctx, hash[:])
	if err != nil {
		return Token{}, orNotFound(err, "token")
	}
	return Token{
		ID: r.ID, Start: r.Start, Name: r.Name, User: User{ID: r.UserID, Email: r.UserEmail, Name: r.UserName},
		Scopes: r.Scopes, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt, LastUsedAt: r.LastUsedAt,
		Version: r.Version, PublishedVersion: r.PublishedVersion,
	}, nil
}

// tokenUseInterval is the minimum time between two recorded uses of a token.
const tokenUseInterval = 10 * time.Minute

// RecordTokenUse records when tokens were used, to within ten minutes. This is no change of a
// token: it makes no version and no record. Unknown tokens are ignored.
func (db *DB) RecordTokenUse(ctx context.Context, uses map[token.Hash]time.Time) error {
	p := sqlcgen.TokensUsedParams{IntervalSeconds: tokenUseInterval.Seconds()}
	for h, at := range uses {
		p.Hashes, p.Ats = append(p.Hashes, h[:]), append(p.Ats, at)
	}
	if _, err := db.q.TokensUsed(ctx, p); err != nil {
		return fmt.Errorf("note uses of tokens: %w", err)
	}
	return nil
}

// RecentlyUsed reports whether a use at that time need not be recorded.
func (t Token) RecentlyUsed(at time.Time) bool {
	return t.LastUsedAt != nil && at.Sub(*t.LastUsedAt) <= tokenUseInterval
}

// tokenPoll is how often WaitTokenPublished polls: publication takes some milliseconds.
const tokenPoll = 10 * time.Millisecond

// WaitTokenPublished returns once readers have a token at this version, or with ctx's error
// once ctx is done.
func (db *DB) WaitTokenPublished(ctx context.Context, id uuid.UUID, version int64) error {
	tick := time.NewTicker(tokenPoll)
	defer tick.Stop()
	for {
		row, err := db.q.GetToken(ctx, id)
		if err != nil {
			return orNotFound(err, "token")
		}
		if row.PublishedVersion >= version {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (t Token) auditSubject() audit.Subject {
	return audit.Subject{Kind: audit.AccessToken, ID: t.ID.String(), Name: t.Name}
}

func (t Token) auditContent() tokenContent {
	return tokenContent{
		Start: t.Start, Name: t.Name, User: t.User.Email, Scopes: t.Scopes, ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt,
	}
}

func toToken(r sqlcgen.Token, u sqlcgen.User) Token {
	return Token{
		ID: r.ID, Start: r.Start, Name: r.Name, User: toUser(u), Scopes: r.Scopes, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt, LastUsedAt: r.LastUsedAt, Version: r.Version, PublishedVersion: r.PublishedVersion,
	}
}
