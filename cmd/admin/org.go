package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"orgmodes/internal/fault"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// organizationOutput is an organization in the JSON output of commands.
type organizationOutput struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Revision int64  `json:"revision"`
	Created  *bool  `json:"created,omitempty"`
}

func organizationOf(o organization.Organization) organizationOutput {
	return organizationOutput{ID: o.ID.String(), Slug: o.Slug, Name: o.Name, Revision: o.Revision}
}

func (c *cli) orgCreate() *cobra.Command {
	var slug, name string
	var ifNotExists bool
	cmd := c.run(&cobra.Command{
		Use:     "create --slug SLUG --name NAME",
		Short:   "Create an organization",
		Example: `  admin org create --slug acme --name "Acme" --if-not-exists --json`,
	}, func(ctx context.Context, _ []string) error {
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			created := true
			o, err := db.CreateOrganization(ctx, c.by(), slug, name)
			if f, ok := fault.As(err); ok && f.Code == "slug_taken" && ifNotExists {
				created = false
				o, err = db.Organization(ctx, slug)
			}
			if err != nil {
				return err
			}
			out := organizationOf(o)
			out.Created = &created
			return c.print(out, func(w io.Writer) {
				if created {
					fmt.Fprintf(w, "Created organization %s (%s), id %s.\n", o.Name, o.Slug, o.ID)
				} else {
					fmt.Fprintf(w, "Organization %s (%s) already exists, id %s.\n", o.Name, o.Slug, o.ID)
				}
			})
		})
	})
	cmd.Flags().StringVar(&slug, "slug", "", "name of the organization in URLs: lowercase letters, digits and hyphens")
	cmd.Flags().StringVar(&name, "name", "", "display name of the organization")
	cmd.Flags().BoolVar(&ifNotExists, "if-not-exists", false, "succeed if an organization with the slug already exists")
	requireFlags(cmd, "slug", "name")
	return cmd
}

// pageSize is the number of items of a long list that are read at once.
const pageSize = 500

func (c *cli) orgList() *cobra.Command {
	return c.run(&cobra.Command{
		Use: "list", Short: "List all organizations", Example: "  admin org list --json",
	}, func(ctx context.Context, _ []string) error {
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			list := []organizationOutput{}
			for after := ""; ; {
				page, err := db.Organizations(ctx, after, pageSize)
				if err != nil {
					return err
				}
				for _, o := range page {
					list = append(list, organizationOf(o))
					after = o.Slug
				}
				if len(page) < pageSize {
					break
				}
			}
			return c.print(struct {
				Organizations []organizationOutput `json:"organizations"`
			}{list}, func(w io.Writer) {
				writeTable(w, "SLUG\tNAME\tREVISION\tID", func(row func(...any)) {
					for _, o := range list {
						row(o.Slug, o.Name, o.Revision, o.ID)
					}
				})
			})
		})
	})
}

// writeTable writes aligned columns.
func writeTable(w io.Writer, head string, rows func(row func(...any))) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, head)
	rows(func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell)
		}
		fmt.Fprintln(t)
	})
	_ = t.Flush()
}
