package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"orgmodes/internal/config"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// accessToken is an access token in the output of commands. Token is set only when the token
// is created.
type accessToken struct {
	ID         string     `json:"id"`
	Token      string     `json:"token,omitempty"`
	Start      string     `json:"start"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Scopes     []string   `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func tokenOf(t postgres.Token) accessToken {
	return accessToken{
		ID: t.ID.String(), Start: t.Start, Name: t.Name, Email: t.User.Email, Scopes: t.Scopes, CreatedAt: t.CreatedAt,
		ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt, LastUsedAt: t.LastUsedAt,
	}
}

func (c *cli) tokenCreate() *cobra.Command {
	var org, email, name, expiresIn string
	var scopes []string
	cmd := c.run(&cobra.Command{
		Use:   "create --org ORG --email ADDRESS --name NAME [--scope read] [--scope write]",
		Short: "Create an access token for a member; it is shown once",
		Long: `Creates an access token with its user's permissions in the organization, restricted
by its scopes: read (which editors need) and write (for scripts that change the
library; write requires read). The token is printed once, and only its hash is
stored. Requires TOKEN_KEYS.`,
		Example: `  admin token create --org acme --email ada@acme.example --name "My editor" --scope read
  admin token create --org acme --email ada@acme.example --name CI --scope read --scope write --expires-in 90d --json`,
	}, func(ctx context.Context, _ []string) error {
		var expires *time.Time
		if expiresIn != "" {
			d, err := parseDuration(expiresIn)
			if err != nil {
				return err
			}
			at := time.Now().Add(d).UTC().Truncate(time.Second)
			expires = &at
		}
		for _, s := range scopes {
			if !slices.Contains([]string{"read", "write"}, s) {
				return usage("--scope must be read or write, not %q", s)
			}
		}
		s, err := config.LoadFrom[struct {
			Keys config.Secret `env:"TOKEN_KEYS,required" expect:"kid:base64key[,kid:base64key...]"`
		}](c.environ)
		if err != nil {
			return err
		}
		keys, err := token.ParseKeys(string(s.Keys))
		if err != nil {
			return config.Problems{{Name: "TOKEN_KEYS", Detail: err.Error()}}
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			u, err := findUser(ctx, db, email)
			if err != nil {
				return err
			}
			secret := keys.Mint()
			t, err := db.CreateToken(ctx, c.by(), postgres.NewToken{
				Token: secret, Name: name, User: u.ID, Scopes: scopes, Organizations: []uuid.UUID{o.ID}, ExpiresAt: expires,
			})
			if err != nil {
				return err
			}
			out := tokenOf(t)
			out.Token = secret
			return c.print(out, func(w io.Writer) {
				c.logf("Save the token now: it is not shown again. `admin token revoke --org %s %s` revokes it.", o.Slug, t.ID)
				fmt.Fprintln(w, secret)
			})
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&email, "email", "", "email address of the member that the token acts for")
	cmd.Flags().StringVar(&name, "name", "", "name of the token, such as where it is used")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{"read"}, "scopes of the token: read, write")
	cmd.Flags().StringVar(&expiresIn, "expires-in", "", "lifetime, such as 90d, 12h or 4w (default: never expires)")
	requireFlags(cmd, "email", "name")
	return cmd
}

// parseDuration parses days and weeks, such as 90d and 4w, in addition to what
// time.ParseDuration accepts.
func parseDuration(s string) (time.Duration, error) {
	units := map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	var d time.Duration
	var err error
	if unit, ok := units[s[len(s)-1:]]; ok {
		var n int
		n, err = strconv.Atoi(s[:len(s)-1])
		d = time.Duration(n) * unit
	} else {
		d, err = time.ParseDuration(s)
	}
	if err != nil || d <= 0 || d > 100*365*24*time.Hour {
		return 0, usage("--expires-in must be a lifetime such as 90d, 12h or 4w, not %q", s)
	}
	return d, nil
}

func (c *cli) tokenRevoke() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use:     "revoke --org ORG TOKEN-ID",
		Short:   "Revoke an access token permanently",
		Example: "  admin token revoke --org acme 3f2b8c1e-0d4a-4b6f-9a51-7c2e8d90f413",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		id, err := uuid.Parse(args[0])
		if err != nil {
			return usage("%q is not a token id; `admin token list` lists them", args[0])
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			t, err := db.RevokeToken(ctx, c.by(), o.ID, id)
			if err != nil {
				return err
			}
			return c.print(tokenOf(t), func(w io.Writer) {
				fmt.Fprintf(w, "Revoked %s… (%s); readers refuse it within seconds.\n", t.Start, t.Name)
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func (c *cli) tokenList() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "list --org ORG", Short: "List the access tokens with access to an organization", Example: "  admin token list --org acme --json",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			list := []accessToken{}
			for f, more := (postgres.TokenFilter{Limit: pageSize}), true; more; {
				page, rest, err := db.Tokens(ctx, o.ID, f)
				if err != nil {
					return err
				}
				for _, t := range page {
					list = append(list, tokenOf(t))
					f.After = t.ID
				}
				more = rest
			}
			return c.print(struct {
				Tokens []accessToken `json:"tokens"`
			}{list}, func(w io.Writer) {
				writeTable(w, "TOKEN\tNAME\tUSER\tSCOPES\tSTATE\tID", func(row func(...any)) {
					for _, t := range list {
						row(t.Start+"…", t.Name, t.Email, strings.Join(t.Scopes, ","), t.state(time.Now()), t.ID)
					}
				})
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func (t accessToken) state(now time.Time) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked " + t.RevokedAt.Format(time.DateOnly)
	case t.ExpiresAt != nil && !now.Before(*t.ExpiresAt):
		return "expired " + t.ExpiresAt.Format(time.DateOnly)
	case t.ExpiresAt != nil:
		return "expires " + t.ExpiresAt.Format(time.DateOnly)
	default:
		return "active"
	}
}
