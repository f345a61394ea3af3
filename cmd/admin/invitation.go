package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// invitation is an invitation in the output of commands.
type invitation struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Role      string    `json:"role"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func invitationOf(i postgres.Invitation) invitation {
	return invitation{i.ID.String(), i.Email, i.Role, i.CreatedAt, i.ExpiresAt}
}

func (c *cli) invitationCreate() *cobra.Command {
	var org, email, role string
	cmd := c.run(&cobra.Command{
		Use:   "create --org ORG --email ADDRESS --role owner|admin|member",
		Short: "Invite a user to become a member",
		Long: `Invites the user who has an account with the address, now or later, to become a member of
an organization. The user sees the invitation after signing in, and accepts or
declines it. "admin member add" adds a member without an invitation.`,
		Example: "  admin invitation create --org acme --email ada@acme.example --role member",
	}, func(ctx context.Context, _ []string) error {
		if err := checkRole(role); err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			created, err := db.Invite(ctx, c.by(), o.ID, email, role)
			if err != nil {
				return err
			}
			return c.print(invitationOf(created), func(w io.Writer) {
				fmt.Fprintf(w, "Invited %s to %s as %s; the invitation is valid until %s.\n", created.Email, o.Slug, created.Role, created.ExpiresAt.Format(time.DateOnly))
			})
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&email, "email", "", "email address to invite")
	cmd.Flags().StringVar(&role, "role", "", "role of the member: owner, admin or member")
	requireFlags(cmd, "email", "role")
	return cmd
}

func (c *cli) invitationWithdraw() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use:     "withdraw --org ORG INVITATION-ID",
		Short:   "Withdraw an invitation",
		Example: "  admin invitation withdraw --org acme 3f2b8c1e-0d4a-4b6f-9a51-7c2e8d90f413",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		id, err := uuid.Parse(args[0])
		if err != nil {
			return usage("%q is not an invitation id; `admin invitation list` lists them", args[0])
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			if err := db.WithdrawInvitation(ctx, c.by(), o.ID, id); err != nil {
				return err
			}
			return c.print(struct {
				Withdrawn bool `json:"withdrawn"`
			}{true}, func(w io.Writer) { fmt.Fprintln(w, "The invitation was withdrawn.") })
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func (c *cli) invitationList() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "list --org ORG", Short: "List the invitations that have no answer yet", Example: "  admin invitation list --org acme",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			all, err := db.Invitations(ctx, o.ID)
			if err != nil {
				return err
			}
			list := make([]invitation, len(all))
			for i, inv := range all {
				list[i] = invitationOf(inv)
			}
			return c.print(struct {
				Invitations []invitation `json:"invitations"`
			}{list}, func(w io.Writer) {
				writeTable(w, "EMAIL\tROLE\tCREATED\tEXPIRES\tID", func(row func(...any)) {
					for _, i := range list {
						row(i.Email, i.Role, i.CreatedAt.Format(time.DateOnly), i.ExpiresAt.Format(time.DateOnly), i.ID)
					}
				})
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}
