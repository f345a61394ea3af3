package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres/sqlcgen"
)

// Member is a user in an organization.
type Member struct {
	User User
	// Role is owner, admin or member.
	Role     string
	JoinedAt time.Time
}

// Membership is an organization that a user is a member of.
type Membership struct {
	organization.Organization
	// Role is owner, admin or member.
	Role string
	// Deleted reports whether the organization is deleted.
	Deleted bool
}

// MembershipFilter narrows memberships; zero fields match everything.
type MembershipFilter struct {
	// Ref is the id or the slug of an organization. A value in the form of an id is taken as
	// an id.
	Ref string
	// Token is an access token of the user: only the organizations that it grants access to
	// match.
	Token uuid.UUID
	// Deleted includes organizations that are deleted.
	Deleted bool
}

type memberContent struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

// AddMember makes a user a member with a role. No existing access token of the user gains
// access to the organization by that, not even one of an earlier membership.
func (db *DB) AddMember(ctx context.Context, by audit.Attribution, org, user uuid.UUID, role string) error {
	return db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		if _, err := q.LockOrganization(ctx, org); err != nil {
			return orNotFound(err, "organization")
		}
		u, err := q.GetUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		return addMember(ctx, q, by, org, u, role)
	})
}

// addMember adds a member. The caller holds the organization's lock.
func addMember(ctx context.Context, q *sqlcgen.Queries, by audit.Attribution, org uuid.UUID, u sqlcgen.User, role string) error {
	if err := q.InsertMember(ctx, sqlcgen.InsertMemberParams{OrganizationID: org, UserID: u.ID, Role: role}); err != nil {
		return err
	}
	return auditMember(ctx, q, by, org, u, audit.Create, "", role)
}

// ChangeRole gives a member another role. The last owner can't lose that role. It calls each
// check with the role before, under the organization's lock.
func (db *DB) ChangeRole(ctx context.Context, by audit.Attribution, org, user uuid.UUID, role string, checks ...func(before string) error) error {
	return db.changeMember(ctx, org, user, checks, func(tx pgx.Tx, q *sqlcgen.Queries, u sqlcgen.User, before string) error {
		if role != roleOwner {
			if err := checkNotLastOwner(ctx, q, org, user, before); err != nil {
				return err
			}
		}
		if err := q.UpdateMemberRole(ctx, sqlcgen.UpdateMemberRoleParams{OrganizationID: org, UserID: user, Role: role}); err != nil {
			return err
		}
		return auditMember(ctx, q, by, org, u, audit.Update, before, role)
	})
}

// RemoveMember ends a membership, and permanently ends the access of the user's tokens to
// the organization: see removeTokenAccess. The last owner can't be removed. It calls each
// check with the role before, under the organization's lock.
func (db *DB) RemoveMember(ctx context.Context, by audit.Attribution, org, user uuid.UUID, checks ...func(before string) error) error {
	return db.changeMember(ctx, org, user, checks, func(tx pgx.Tx, q *sqlcgen.Queries, u sqlcgen.User, before string) error {
		if err := checkNotLastOwner(ctx, q, org, user, before); err != nil {
			return err
		}
		if _, err := q.DeleteMember(ctx, sqlcgen.DeleteMemberParams{OrganizationID: org, UserID: user}); err != nil {
			return err
		}
		if err := auditMember(ctx, q, by, org, u, audit.Delete, before, ""); err != nil {
			return err
		}
		return db.removeTokenAccess(ctx, tx, q, by, org, u)
	})
}

func runChecks(checks []func(before string) error, before string) error {
	for _, check := range checks {
		if err := check(before); err != nil {
			return err
		}
	}
	return nil
}

const roleOwner = "owner"

// changeMember runs edit with a member's current role, under the organization's lock and
// after the checks.
func (db *DB) changeMember(ctx context.Context, org, user uuid.UUID, checks []func(before string) error,
	edit func(tx pgx.Tx, q *sqlcgen.Queries, u sqlcgen.User, before string) error,
) error {
	return db.withAudit(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if _, err := q.LockOrganization(ctx, org); err != nil {
			return orNotFound(err, "organization")
		}
		u, err := q.GetUser(ctx, user)
		if err != nil {
			return orNotFound(err, "member")
		}
		row, err := q.LockMember(ctx, sqlcgen.LockMemberParams{OrganizationID: org, UserID: user})
		if err != nil {
			return orNotFound(err, "member")
		}
		if err := runChecks(checks, row.Role); err != nil {
			return err
		}
		return edit(tx, q, u, row.Role)
	})
}

// auditMember records that a user's role changed; "" means no membership.
func auditMember(ctx context.Context, q *sqlcgen.Queries, by audit.Attribution, org uuid.UUID, u sqlcgen.User, action audit.Action, before, after string) error {
	e := auditEntry{
		organization: &org, action: action,
		subject: audit.Subject{Kind: audit.Member, ID: u.ID.String(), Name: u.Email},
	}
	var err error
	if before != "" {
		if e.before, err = encodeJSON(memberContent{u.Email, before}); err != nil {
			return err
		}
	}
	if after != "" {
		if e.after, err = encodeJSON(memberContent{u.Email, after}); err != nil {
			return err
		}
	}
	return insertAudit(ctx, q, by, e)
}

// removeTokenAccess permanently removes an organization from all access tokens of a user. A token
// that also names others keeps its access to those; one that doesn't is revoked.
func (db *DB) removeTokenAccess(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, by audit.Attribution, org uuid.UUID, u sqlcgen.User) error {
	ended, err := q.LockTokensFor(ctx, sqlcgen.LockTokensForParams{OrganizationID: org, UserID: u.ID})
	if err != nil {
		return fmt.Errorf("tokens of a member: %w", err)
	}
	for _, t := range ended {
		was, err := q.GetToken(ctx, t.ID)
		if err != nil {
			return err
		}
		is, err := removeOrganizationFromToken(ctx, q, org, t)
		if err != nil {
			return fmt.Errorf("end token: %w", err)
		}
		e := auditEntry{organization: &org, action: audit.Revoke, subject: toToken(is, u).auditSubject()}
		if e.before, err = encodeJSON(toToken(was, u).auditContent()); err != nil {
			return err
		}
		if is.RevokedAt != nil {
			if e.after, err = encodeJSON(toToken(is, u).auditContent()); err != nil {
				return err
			}
		}
		if err := insertAudit(ctx, q, by, e); err != nil {
			return err
		}
		if _, err := db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: t.ID, Version: is.Version}, nil); err != nil {
			return err
		}
	}
	return nil
}

func removeOrganizationFromToken(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, t sqlcgen.LockTokensForRow) (sqlcgen.Token, error) {
	if !t.NamesOthers {
		return q.RevokeToken(ctx, t.ID)
	}
	if _, err := q.TakeFromToken(ctx, sqlcgen.TakeFromTokenParams{TokenID: t.ID, OrganizationID: org}); err != nil {
		return sqlcgen.Token{}, err
	}
	return q.TouchToken(ctx, t.ID)
}

// checkNotLastOwner refuses to remove or demote an owner if no other owner can sign in. The
// caller holds the organization's lock.
func checkNotLastOwner(ctx context.Context, q *sqlcgen.Queries, org, user uuid.UUID, before string) error {
	if before != roleOwner {
		return nil
	}
	others, err := q.OtherOwners(ctx, sqlcgen.OtherOwnersParams{OrganizationID: org, UserID: user})
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if others == 0 {
		return fault.New(fault.Conflict, "last_owner", "This is the organization's last owner: make another member an owner first")
	}
	return nil
}

// Role returns a user's role in an organization, or NotFound if the user is not a member.
func (db *DB) Role(ctx context.Context, org, user uuid.UUID) (string, error) {
	row, err := db.q.GetMember(ctx, sqlcgen.GetMemberParams{OrganizationID: org, UserID: user})
	if err != nil {
		return "", orNotFound(err, "member")
	}
	return row.Role, nil
}

// Members lists an organization's members by name.
func (db *DB) Members(ctx context.Context, org uuid.UUID) ([]Member, error) {
	rows, err := db.q.ListMembers(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{User: User{ID: r.UserID, Email: r.Email, Name: r.Name}, Role: r.Role, JoinedAt: r.CreatedAt.UTC()}
	}
	return out, nil
}

// Memberships lists the organizations that a user is a member of, by name. It makes one
// query, whatever the filter.
func (db *DB) Memberships(ctx context.Context, user uuid.UUID, f MembershipFilter) ([]Membership, error) {
	p := sqlcgen.ListMembershipsParams{UserID: user, TokenID: ptrOrNil(f.Token), Deleted: f.Deleted}
	if id, err := uuid.Parse(f.Ref); err == nil && len(f.Ref) == 36 {
		p.ID = &id
	} else if f.Ref != "" {
		p.Slug = &f.Ref
	}
	rows, err := db.q.ListMemberships(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", translateError(err))
	}
	out := make([]Membership, len(rows))
	for i, r := range rows {
		out[i] = Membership{
			Organization: organization.Organization{ID: r.ID, Slug: r.Slug, Name: r.Name, Revision: r.Revision, CreatedAt: r.CreatedAt.UTC()},
			Role:         r.Role, Deleted: r.DeletedAt != nil,
		}
	}
	return out, nil
}
