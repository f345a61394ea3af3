package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/fault"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// member is a member in the output of commands.
type member struct {
	UserID   string    `json:"user_id"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	JoinedAt time.Time `json:"joined_at,omitzero"`
	Created  *bool     `json:"created,omitempty"`
}

// withOrganization runs do with an organization, given its slug or id.
func (c *cli) withOrganization(ctx context.Context, ref string, do func(*postgres.DB, organization.Organization) error) error {
	return c.withDatabase(ctx, func(db *postgres.DB) error {
		org, err := db.Organization(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			return fmt.Errorf("there is no organization %q; `admin org list` lists them", ref)
		}
		if err != nil {
			return err
		}
		return do(db, org)
	})
}

func addOrgFlag(cmd *cobra.Command, org *string) {
	cmd.Flags().StringVar(org, "org", "", "slug or id of the organization")
	requireFlags(cmd, "org")
}

// findUser returns the user with an email address. The error is meant for the operator.
func findUser(ctx context.Context, db *postgres.DB, email string) (postgres.User, error) {
	u, err := db.UserByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) {
		return u, fmt.Errorf("no account has the email address %q; `admin user create` creates one", email)
	}
	return u, err
}

func checkRole(role string) error {
	if !slices.Contains([]string{"owner", "admin", "member"}, role) {
		return usage("--role must be owner, admin or member, not %q", role)
	}
	return nil
}

func (c *cli) memberAdd() *cobra.Command {
	var org, email, role string
	var ifNotExists bool
	cmd := c.run(&cobra.Command{
		Use:   "add --org ORG --email ADDRESS --role owner|admin|member",
		Short: "Add a user as a member, without an invitation",
		Long: `Adds a user who has an account as a member of an organization; "admin invitation create"
asks the user first. A member who already has the same role is left unchanged.`,
		Example: "  admin member add --org acme --email ada@acme.example --role owner",
	}, func(ctx context.Context, _ []string) error {
		if err := checkRole(role); err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			u, err := findUser(ctx, db, email)
			if err != nil {
				return err
			}
			created := true
			err = db.AddMember(ctx, c.by(), o.ID, u.ID, role)
			if f, ok := fault.As(err); ok && f.Code == "already_member" {
				created = false
				var has string
				if has, err = db.Role(ctx, o.ID, u.ID); err != nil {
					return err
				}
				if has != role && !ifNotExists {
					return fmt.Errorf("%s is already a member of %s, as %s; to change the role, remove and re-add the member", u.Email, o.Slug, has)
				}
				role = has
			}
			if err != nil {
				return err
			}
			out := member{UserID: u.ID.String(), Email: u.Email, Name: u.Name, Role: role, Created: &created}
			return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "%s is a member of %s, as %s.\n", u.Email, o.Slug, role) })
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&email, "email", "", "email address of the user")
	cmd.Flags().StringVar(&role, "role", "", "role of the member: owner, admin or member")
	cmd.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "succeed if the user is already a member, in any role")
	requireFlags(cmd, "email", "role")
	return cmd
}

func (c *cli) memberRemove() *cobra.Command {
	var org, email string
	cmd := c.run(&cobra.Command{
		Use:     "remove --org ORG --email ADDRESS",
		Short:   "Remove a member, whose access tokens permanently lose access to the organization",
		Example: "  admin member remove --org acme --email ada@acme.example",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			u, err := findUser(ctx, db, email)
			if err != nil {
				return err
			}
			if err := db.RemoveMember(ctx, c.by(), o.ID, u.ID); err != nil {
				return err
			}
			return c.print(struct {
				Removed bool `json:"removed"`
			}{true}, func(w io.Writer) { fmt.Fprintf(w, "%s is no longer a member of %s.\n", u.Email, o.Slug) })
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&email, "email", "", "email address of the user")
	requireFlags(cmd, "email")
	return cmd
}

func (c *cli) memberList() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "list --org ORG", Short: "List the members of an organization", Example: "  admin member list --org acme",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			all, err := db.Members(ctx, o.ID)
			if err != nil {
				return err
			}
			list := make([]member, len(all))
			for i, m := range all {
				list[i] = member{UserID: m.User.ID.String(), Email: m.User.Email, Name: m.User.Name, Role: m.Role, JoinedAt: m.JoinedAt}
			}
			return c.print(struct {
				Members []member `json:"members"`
			}{list}, func(w io.Writer) {
				writeTable(w, "NAME\tEMAIL\tROLE\tJOINED", func(row func(...any)) {
					for _, m := range list {
						row(m.Name, m.Email, m.Role, m.JoinedAt.Format(time.DateOnly))
					}
				})
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}
