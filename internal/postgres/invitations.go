package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

const (
	// InvitationLifetime is how long an invitation can be accepted.
	InvitationLifetime = 14 * 24 * time.Hour
	// MaxInvitations bounds an organization's unanswered invitations.
	MaxInvitations = 500
)

// Invitation invites the user with an email address to become a member. It doesn't reveal
// whether there is such a user.
type Invitation struct {
	ID    uuid.UUID
	Email string
	// Role is owner, admin or member.
	Role string
	// InvitedBy is the actor's id: a user's, or the name of an operator.
	InvitedBy            string
	CreatedAt, ExpiresAt time.Time
}

// ReceivedInvitation is an invitation as its recipient sees it.
type ReceivedInvitation struct {
	Invitation
	OrganizationID uuid.UUID
	Slug, Name     string
}

// Invite invites an email address. It returns Conflict if the address is already a member's
// or already invited, or if there are too many invitations. It returns Invalid if the
// address isn't one. The result doesn't depend on whether the address has an account.
func (db *DB) Invite(ctx context.Context, by audit.Attribution, org uuid.UUID, email, role string) (Invitation, error) {
	email = strings.TrimSpace(email)
	var out Invitation
	err := db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		if _, err := q.LockOrganization(ctx, org); err != nil {
			return orNotFound(err, "organization")
		}
		if err := checkInvitable(ctx, q, org, email); err != nil {
			return err
		}
		row, err := q.InsertInvitation(ctx, sqlcgen.InsertInvitationParams{
			OrganizationID: org, Email: email, Role: role, InvitedBy: by.Actor.ID, LastsSeconds: InvitationLifetime.Seconds(),
		})
		if err != nil {
			return err
		}
		out = toInvitation(row)
		return auditInvitation(ctx, q, by, row, audit.Create)
	})
	return out, err
}

func checkInvitable(ctx context.Context, q *sqlcgen.Queries, org uuid.UUID, email string) error {
	if _, err := q.DeleteExpiredInvitations(ctx, org); err != nil {
		return fmt.Errorf("expired invitations: %w", err)
	}
	pending, err := q.CountInvitations(ctx, org)
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if pending >= MaxInvitations {
		return fault.New(fault.Conflict, "too_many_invitations", "There are %d pending invitations; withdraw some first", pending)
	}
	member, err := q.HasMemberOfEmail(ctx, sqlcgen.HasMemberOfEmailParams{OrganizationID: org, Email: email})
	if err != nil {
		return fmt.Errorf("look for the member: %w", err)
	}
	if member {
		return uniqueViolations["members_pkey"]
	}
	return nil
}

// Invitations lists an organization's unanswered invitations, newest first.
func (db *DB) Invitations(ctx context.Context, org uuid.UUID) ([]Invitation, error) {
	rows, err := db.q.ListInvitations(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	out := make([]Invitation, len(rows))
	for i, r := range rows {
		out[i] = toInvitation(r)
	}
	return out, nil
}

// InvitationsForEmail lists the invitations of a user's email address, newest first.
func (db *DB) InvitationsForEmail(ctx context.Context, email string) ([]ReceivedInvitation, error) {
	rows, err := db.q.ListInvitationsOfEmail(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("list invitations of an address: %w", err)
	}
	out := make([]ReceivedInvitation, len(rows))
	for i, r := range rows {
		out[i] = ReceivedInvitation{
			Invitation: Invitation{
				ID: r.ID, Email: r.Email, Role: r.Role, InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
			},
			OrganizationID: r.OrganizationID, Slug: r.Slug, Name: r.Name,
		}
	}
	return out, nil
}

// WithdrawInvitation deletes an invitation. It calls each check with the invitation's role,
// under the organization's lock.
func (db *DB) WithdrawInvitation(ctx context.Context, by audit.Attribution, org, id uuid.UUID, checks ...func(role string) error) error {
	return db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := lockInvitation(ctx, q, org, id)
		if err != nil {
			return err
		}
		if err := runChecks(checks, row.Role); err != nil {
			return err
		}
		return endInvitation(ctx, q, by, row, audit.Delete)
	})
}

// AcceptInvitation makes a user a member, with the role of the invitation. It returns
// NotFound if the user's address has no such invitation.
func (db *DB) AcceptInvitation(ctx context.Context, by audit.Attribution, id, user uuid.UUID) (ReceivedInvitation, error) {
	return db.answerInvitation(ctx, id, user, func(q *sqlcgen.Queries, row sqlcgen.Invitation, u sqlcgen.User) error {
		if err := endInvitation(ctx, q, by, row, audit.Accept); err != nil {
			return err
		}
		return addMember(ctx, q, by, row.OrganizationID, u, row.Role)
	})
}

// DeclineInvitation ends an invitation of a user's address. It returns NotFound if there is
// no such invitation.
func (db *DB) DeclineInvitation(ctx context.Context, by audit.Attribution, id, user uuid.UUID) error {
	_, err := db.answerInvitation(ctx, id, user, func(q *sqlcgen.Queries, row sqlcgen.Invitation, _ sqlcgen.User) error {
		return endInvitation(ctx, q, by, row, audit.Decline)
	})
	return err
}

// answerInvitation runs answer with an invitation of the user's address, under its
// organization's lock.
func (db *DB) answerInvitation(ctx context.Context, id, user uuid.UUID,
	answer func(*sqlcgen.Queries, sqlcgen.Invitation, sqlcgen.User) error,
) (ReceivedInvitation, error) {
	var out ReceivedInvitation
	err := db.withAudit(ctx, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		found, err := q.GetInvitation(ctx, id)
		if err != nil {
			return orNotFound(err, "invitation")
		}
		row, err := lockInvitation(ctx, q, found.OrganizationID, id)
		if err != nil {
			return err
		}
		u, err := q.ShareUser(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if !strings.EqualFold(u.Email, row.Email) || u.DisabledAt != nil {
			return orNotFound(pgx.ErrNoRows, "invitation")
		}
		org, err := q.GetOrganization(ctx, row.OrganizationID)
		if err != nil {
			return err
		}
		out = ReceivedInvitation{Invitation: toInvitation(row), OrganizationID: org.ID, Slug: org.Slug, Name: org.Name}
		return answer(q, row, u)
	})
	return out, err
}

// lockInvitation returns an invitation, under its organization's lock.
func lockInvitation(ctx context.Context, q *sqlcgen.Queries, org, id uuid.UUID) (sqlcgen.Invitation, error) {
	if _, err := q.LockOrganization(ctx, org); err != nil {
		return sqlcgen.Invitation{}, orNotFound(err, "invitation")
	}
	row, err := q.LockInvitation(ctx, sqlcgen.LockInvitationParams{ID: id, OrganizationID: org})
	return row, orNotFound(err, "invitation")
}

// endInvitation deletes an invitation; the audit log records how it ended.
func endInvitation(ctx context.Context, q *sqlcgen.Queries, by audit.Attribution, row sqlcgen.Invitation, action audit.Action) error {
	n, err := q.DeleteInvitation(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("end invitation: %w", err)
	}
	if n != 1 {
		return errors.New("postgres: an invitation changed under its organization's lock")
	}
	return auditInvitation(ctx, q, by, row, action)
}

func auditInvitation(ctx context.Context, q *sqlcgen.Queries, by audit.Attribution, row sqlcgen.Invitation, action audit.Action) error {
	is, err := encodeJSON(memberContent{row.Email, row.Role})
	if err != nil {
		return err
	}
	e := auditEntry{
		organization: &row.OrganizationID, action: action,
		subject: audit.Subject{Kind: audit.Invitation, ID: row.ID.String(), Name: row.Email},
	}
	if action == audit.Create {
		e.after = is
	} else {
		e.before = is
	}
	return insertAudit(ctx, q, by, e)
}

func toInvitation(r sqlcgen.Invitation) Invitation {
	return Invitation{
		ID: r.ID, Email: r.Email, Role: r.Role, InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}
