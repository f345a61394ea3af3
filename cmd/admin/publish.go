package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

func (c *cli) publish() *cobra.Command {
	var org string
	var all, wait bool
	var timeout time.Duration
	cmd := c.run(&cobra.Command{
		Use:   "publish --org ORG | --all [--wait]",
		Short: "Republish an organization, or all",
		Long: `Makes workers republish, even if nothing has changed, for when readers serve incorrect
content. Unchanged content keeps its ETag.`,
		Example: `  admin publish --org acme --wait
  admin publish --all
  admin publish status`,
	}, func(ctx context.Context, _ []string) error {
		if (org == "") == !all {
			return usage("specify either --org or --all")
		}
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			list, err := selectOrganizations(ctx, db, org)
			if err != nil {
				return err
			}
			for _, o := range list {
				if err := db.Republish(ctx, o.ID); err != nil {
					return err
				}
			}
			if wait {
				waiting, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				for i, o := range list {
					if err := db.WaitPublished(waiting, o.ID); err != nil {
						if waiting.Err() != nil && ctx.Err() == nil {
							return fmt.Errorf("%d of %d organizations were republished, but %s was not within %s; check that a worker is running and can reach Redis", i, len(list), o.Slug, timeout)
						}
						return err
					}
				}
			}
			return c.print(struct {
				Organizations int  `json:"organizations"`
				Published     bool `json:"published"`
			}{len(list), wait}, func(w io.Writer) {
				if wait {
					fmt.Fprintf(w, "Organizations republished: %d.\n", len(list))
				} else {
					fmt.Fprintf(w, "Organizations to be republished by a worker: %d. Use --wait to wait for it.\n", len(list))
				}
			})
		})
	})
	cmd.AddCommand(c.publishStatus())
	cmd.Flags().StringVar(&org, "org", "", "slug or id of the organization")
	cmd.Flags().BoolVar(&all, "all", false, "all organizations")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until publishing is complete")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait with --wait")
	return cmd
}

// selectOrganizations returns the organization that ref names, or all if ref is empty.
func selectOrganizations(ctx context.Context, db *postgres.DB, ref string) ([]organization.Organization, error) {
	if ref != "" {
		o, err := db.Organization(ctx, ref)
		return []organization.Organization{o}, err
	}
	var list []organization.Organization
	for after := ""; ; {
		page, err := db.Organizations(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
		if len(page) < pageSize {
			return list, nil
		}
		after = page[len(page)-1].Slug
	}
}
