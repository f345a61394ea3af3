package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/password"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// createdUser is the output of a command that creates an account or sets its password.
type createdUser struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Created bool   `json:"created"`
}

func (c *cli) userCreate() *cobra.Command {
	var email, name string
	var fromStdin, ifNotExists bool
	cmd := c.run(&cobra.Command{
		Use:   "create --email ADDRESS --name NAME [--password-stdin]",
		Short: "Create a user account",
		Long: fmt.Sprintf(`Creates a user account. The password, at least %d characters, is read from standard
input, so that it does not appear in a process list or the shell history. Without
--password-stdin, the user can't sign in and can only use access tokens.`, password.MinLength),
		Example: `  openssl rand -base64 18 | tee password | admin user create --email ada@acme.example --name "Ada Lovelace" --password-stdin`,
	}, func(ctx context.Context, _ []string) error {
		hash, err := c.hashFromStdin(fromStdin, email, name)
		if err != nil {
			return err
		}
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			created := true
			u, err := db.CreateUser(ctx, c.by(), email, name, hash)
			if f, ok := fault.As(err); ok && f.Code == "email_taken" && ifNotExists {
				created = false
				u, err = db.UserByEmail(ctx, email)
			}
			if err != nil {
				return err
			}
			return c.print(createdUser{u.ID.String(), u.Email, created}, func(w io.Writer) {
				if created {
					fmt.Fprintf(w, "Created an account for %s <%s>, id %s.\n", u.Name, u.Email, u.ID)
				} else {
					fmt.Fprintf(w, "%s already has an account, id %s; no changes were made.\n", u.Email, u.ID)
				}
			})
		})
	})
	cmd.Flags().StringVar(&email, "email", "", "email address to sign in with")
	cmd.Flags().StringVar(&name, "name", "", "display name of the user")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	cmd.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "succeed if the address already has an account; its password is not changed")
	requireFlags(cmd, "email", "name")
	return cmd
}

func (c *cli) userPassword() *cobra.Command {
	var email string
	var fromStdin bool
	cmd := c.run(&cobra.Command{
		Use:     "set-password --email ADDRESS --password-stdin",
		Short:   "Change the password of an account and end its sessions",
		Example: `  echo "$PASSWORD" | admin user set-password --email ada@acme.example --password-stdin`,
	}, func(ctx context.Context, _ []string) error {
		if !fromStdin {
			return usage("--password-stdin is required: a password is only read from standard input")
		}
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			u, err := findUser(ctx, db, email)
			if err != nil {
				return err
			}
			hash, err := c.hashFromStdin(true, u.Email, u.Name)
			if err != nil {
				return err
			}
			if err := db.SetPassword(ctx, c.by(), u.ID, hash); err != nil {
				return err
			}
			return c.print(createdUser{u.ID.String(), u.Email, false}, func(w io.Writer) {
				fmt.Fprintf(w, "Changed the password of %s and ended all its sessions.\n", u.Email)
			})
		})
	})
	cmd.Flags().StringVar(&email, "email", "", "email address of the account")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	requireFlags(cmd, "email")
	return cmd
}

// disabledUser is the output of disabling or enabling an account.
type disabledUser struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Disabled bool   `json:"disabled"`
	Changed  bool   `json:"changed"`
	// Ownerless lists the slugs of organizations that have no other owner who can sign in.
	Ownerless []string `json:"ownerless,omitempty"`
}

func (c *cli) userDisable() *cobra.Command {
	return c.setDisabled(true, &cobra.Command{
		Use:   "disable --email ADDRESS",
		Short: "Disable an account: its sessions end and its access tokens are refused",
		Long: `Disables an account. It can't sign in, its sessions end at once, and readers refuse its
access tokens within seconds. It remains a member of its organizations, and its
changes remain in their history. "admin user enable" enables it again.`,
		Example: "  admin user disable --email ada@acme.example",
	})
}

func (c *cli) userEnable() *cobra.Command {
	return c.setDisabled(false, &cobra.Command{
		Use:   "enable --email ADDRESS",
		Short: "Enable a disabled account",
		Long: `Enables an account that was disabled. Its access tokens are accepted again unless they
were revoked; the user has to sign in again.`,
		Example: "  admin user enable --email ada@acme.example",
	})
}

func (c *cli) setDisabled(disabled bool, cmd *cobra.Command) *cobra.Command {
	var email string
	c.run(cmd, func(ctx context.Context, _ []string) error {
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			u, err := findUser(ctx, db, email)
			if err != nil {
				return err
			}
			out := disabledUser{ID: u.ID.String(), Email: u.Email, Disabled: disabled}
			if out.Changed, err = db.SetDisabled(ctx, c.by(), u.ID, disabled); err != nil {
				return err
			}
			if disabled {
				if out.Ownerless, err = db.SoleOwnerships(ctx, u.ID); err != nil {
					return err
				}
			}
			return c.print(out, out.print)
		})
	})
	cmd.Flags().StringVar(&email, "email", "", "email address of the account")
	requireFlags(cmd, "email")
	return cmd
}

func (u disabledUser) print(w io.Writer) {
	state := "enabled"
	if u.Disabled {
		state = "disabled"
	}
	if !u.Changed {
		fmt.Fprintf(w, "%s is already %s; no changes were made.\n", u.Email, state)
	} else {
		fmt.Fprintf(w, "%s is %s.\n", u.Email, state)
	}
	if len(u.Ownerless) > 0 {
		fmt.Fprintf(w, "No other owner can sign in to: %s. Add another owner with `admin member add --role owner`.\n", strings.Join(u.Ownerless, ", "))
	}
}

// hashFromStdin reads a password from the standard input and returns its hash, or "" if not
// wanted. A trailing newline is not part of the password. about lists words that others
// know about its owner.
func (c *cli) hashFromStdin(wanted bool, about ...string) (string, error) {
	if !wanted {
		return "", nil
	}
	data, err := io.ReadAll(io.LimitReader(c.stdin, 4096))
	if err != nil {
		return "", fmt.Errorf("can't read the password: %w", err)
	}
	return password.Hash(strings.TrimRight(string(data), "\r\n"), about...)
}
