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
	OrganizationID uuid.UUID
	Slug, Name     string
	Role           string
}

type memberContent struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

// AddMember makes a user a member with a role. What the user's tokens open
// changes with it, and is published.
func (db *DB) AddMember(ctx context.Context, by audit.By, org, user uuid.UUID, role string) error {
	return db.changeMember(ctx, by, org, user, audit.Create, func(q *sqlcgen.Queries, _ string) (string, error) {
		return role, q.InsertMember(ctx, sqlcgen.InsertMemberParams{OrganizationID: org, UserID: user, Role: role})
	})
}

// ChangeRole gives a member another role. The last owner stays one. Each check
// is asked, under the member's lock, with the role before.
func (db *DB) ChangeRole(ctx context.Context, by audit.By, org, user uuid.UUID, role string, checks ...func(before string) error) error {
	return db.changeMember(ctx, by, org, user, audit.Update, func(q *sqlcgen.Queries, before string) (string, error) {
		if err := all(checks, before); err != nil {
			return "", err
		}
		if role != roleOwner {
			if err := notLastOwner(ctx, q, org, user); err != nil {
				return "", err
			}
		}
		return role, q.UpdateMemberRole(ctx, sqlcgen.UpdateMemberRoleParams{OrganizationID: org, UserID: user, Role: role})
	})
}

// RemoveMember ends a membership: the user's tokens stop opening the
// organization as soon as that is published. The last owner can't be removed.
// Each check is asked, under the member's lock, with the role before.
func (db *DB) RemoveMember(ctx context.Context, by audit.By, org, user uuid.UUID, checks ...func(before string) error) error {
	return db.changeMember(ctx, by, org, user, audit.Delete, func(q *sqlcgen.Queries, before string) (string, error) {
		if err := all(checks, before); err != nil {
			return "", err
		}
		if err := notLastOwner(ctx, q, org, user); err != nil {
			return "", err
		}
		_, err := q.DeleteMember(ctx, sqlcgen.DeleteMemberParams{OrganizationID: org, UserID: user})
		return "", err
	})
}

func all(checks []func(before string) error, before string) error {
	for _, check := range checks {
		if err := check(before); err != nil {
			return err
		}
	}
	return nil
}

const roleOwner = "owner"

// changeMember runs edit with the role before ("" for none) and writes what
// goes with it: the audit row, and the publication of the user's tokens.
func (db *DB) changeMember(ctx context.Context, by audit.By, org, user uuid.UUID, action audit.Action,
	edit func(q *sqlcgen.Queries, before string) (after string, err error),
) error {
	return db.inAudited(ctx, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		u, err := q.GetUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		role := ""
		if action != audit.Create {
			row, err := q.LockMember(ctx, sqlcgen.LockMemberParams{OrganizationID: org, UserID: user})
			if err != nil {
				return orNotFound(err, "member")
			}
			role = row.Role
		}
		after, err := edit(q, role)
		if err != nil {
			return err
		}
		e := entry{
			organization: &org, action: action,
			subject: audit.Subject{Kind: audit.Member, ID: user.String(), Name: u.Email},
		}
		if role != "" {
			if e.before, err = content(memberContent{u.Email, role}); err != nil {
				return err
			}
		}
		if after != "" {
			if e.after, err = content(memberContent{u.Email, after}); err != nil {
				return err
			}
		}
		if err := insertAudit(ctx, q, by, e); err != nil {
			return err
		}
		touched, err := q.TouchUserTokens(ctx, sqlcgen.TouchUserTokensParams{OrganizationID: org, UserID: user})
		if err != nil {
			return fmt.Errorf("touch tokens: %w", err)
		}
		for _, t := range touched {
			if _, err := db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: t.ID, Version: t.Version}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func notLastOwner(ctx context.Context, q *sqlcgen.Queries, org, user uuid.UUID) error {
	owners, err := q.LockOwners(ctx, org)
	if err != nil {
		return fmt.Errorf("lock owners: %w", err)
	}
	if len(owners) == 1 && owners[0] == user {
		return fault.New(fault.Conflict, "last_owner", "This is the organization's last owner: make somebody else an owner first")
	}
	return nil
}

// Role returns a user's role in an organization: NotFound where the user is no
// member.
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

// Memberships lists the organizations that a user is a member of, by name.
func (db *DB) Memberships(ctx context.Context, user uuid.UUID) ([]Membership, error) {
	rows, err := db.q.ListUserMemberships(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	out := make([]Membership, len(rows))
	for i, r := range rows {
		out[i] = Membership{OrganizationID: r.OrganizationID, Slug: r.Slug, Name: r.Name, Role: r.Role}
	}
	return out, nil
}
