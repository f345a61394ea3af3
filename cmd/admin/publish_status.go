package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/postgres"
)

// publication is the publication status of an organization in the output of commands.
type publication struct {
	ID                string     `json:"id"`
	Slug              string     `json:"slug"`
	Revision          int64      `json:"revision"`
	PublishedRevision int64      `json:"published_revision"`
	PendingSince      *time.Time `json:"pending_since"`
	ChangedAt         time.Time  `json:"changed_at"`
}

func (p publication) state(now time.Time) string {
	if p.PendingSince == nil {
		return "published"
	}
	return "pending for " + now.Sub(*p.PendingSince).Round(time.Second).String()
}

func (c *cli) publishStatus() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use:   "status [--org ORG]",
		Short: "Show the publication status: the saved revision and the one that readers have",
		Example: `  admin publish status
  admin publish status --org acme --json`,
	}, func(ctx context.Context, _ []string) error {
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			selected, err := selectOrganizations(ctx, db, org)
			if err != nil {
				return err
			}
			defer c.progress("reading the status")()
			list := []publication{}
			for _, o := range selected {
				s, err := db.PublicationStatus(ctx, o.ID)
				if err != nil {
					return err
				}
				list = append(list, publication{o.ID.String(), o.Slug, s.Revision, s.PublishedRevision, s.PendingSince, s.ChangedAt})
			}
			return c.print(struct {
				Organizations []publication `json:"organizations"`
			}{list}, func(w io.Writer) {
				writeTable(w, "SLUG\tREVISION\tPUBLISHED\tSTATE\tCHANGED", func(row func(...any)) {
					for _, p := range list {
						row(p.Slug, p.Revision, p.PublishedRevision, p.state(time.Now()), p.ChangedAt.Format(time.DateTime))
					}
				})
				if len(list) == 0 {
					fmt.Fprintln(w, "No organizations yet.")
				}
			})
		})
	})
	cmd.Flags().StringVar(&org, "org", "", "slug or id of the organization (default: all)")
	return cmd
}
