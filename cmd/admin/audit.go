package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/auditexport"
	"orgmodes/internal/audit"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/suggest"
)

// auditFlags holds the flags that filter the audit log.
type auditFlags struct {
	org, since, until string
	filter            postgres.AuditFilter
}

func (f *auditFlags) add(cmd *cobra.Command) {
	addOrgFlag(cmd, &f.org)
	cmd.Flags().StringSliceVar(&f.filter.Actions, "action", nil, "only this action, such as mode.update; can be repeated")
	cmd.Flags().StringVar(&f.filter.ActorID, "actor", "", "only entries by the actor with this id")
	cmd.Flags().StringVar(&f.filter.SubjectID, "subject", "", "only entries about the subject with this id")
	cmd.Flags().StringVar(&f.since, "since", "", "only entries at or after this time or day, such as 2026-05-01 or 2026-05-01T12:00:00Z")
	cmd.Flags().StringVar(&f.until, "until", "", "only entries before this time or day")
}

func (f *auditFlags) read() (err error) {
	for _, action := range f.filter.Actions {
		if all := audit.Actions(); !slices.Contains(all, action) {
			return usage("unknown action %q%s", action, suggest.HintNear("; did you mean %s?", action, all))
		}
	}
	if f.filter.Since, err = parseTime("since", f.since); err != nil {
		return err
	}
	f.filter.Until, err = parseTime("until", f.until)
	return err
}

func parseTime(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("--%s must be a time such as 2026-05-01T12:00:00Z or a day such as 2026-05-01, not %q", name, s)
}

// maxAuditBytes bounds how much of the log a command reads at once, in bytes.
const maxAuditBytes = 4 << 20

func (c *cli) auditList() *cobra.Command {
	var f auditFlags
	cmd := c.run(&cobra.Command{
		Use:   "list --org ORG",
		Short: "List the newest entries of the audit log",
		Example: `  admin audit list --org acme --since 2026-05-01
  admin audit list --org acme --action mode.delete --limit 10 --json`,
	}, func(ctx context.Context, _ []string) error {
		if err := f.read(); err != nil {
			return err
		}
		if f.filter.Limit < 1 || f.filter.Limit > pageSize {
			return usage("--limit must be from 1 to %d; `admin audit export` writes all entries", pageSize)
		}
		return c.withOrganization(ctx, f.org, func(db *postgres.DB, o organization.Organization) error {
			list := []auditexport.Entry{}
			for more, left := true, f.filter; more && left.Limit > 0; {
				got, rest, err := db.AuditPage(ctx, o.ID, left, maxAuditBytes)
				if err != nil {
					return err
				}
				for _, e := range got {
					list = append(list, auditexport.NewEntry(e))
					left.Before = e.ID
				}
				left.Limit -= len(got)
				more = rest
			}
			return c.print(struct {
				Entries []auditexport.Entry `json:"entries"`
			}{list}, func(w io.Writer) {
				writeTable(w, "TIME\tACTOR\tACTION\tSUBJECT\tREVISION\tREQUEST", func(row func(...any)) {
					for _, e := range list {
						var revision any = ""
						if e.Revision != nil {
							revision = *e.Revision
						}
						row(e.OccurredAt.Format(time.DateTime), e.Actor.Name, e.Action, e.Subject.Name, revision, e.RequestID)
					}
				})
			})
		})
	})
	f.add(cmd)
	cmd.Flags().IntVar(&f.filter.Limit, "limit", 50, "maximum number of entries")
	return cmd
}

func (c *cli) auditExport() *cobra.Command {
	var f auditFlags
	var format, out string
	cmd := c.run(&cobra.Command{
		Use:   "export --org ORG",
		Short: "Export the audit log, newest entries first",
		Long: `Exports all entries as CSV or JSON Lines (also with --json), with the complete content
before and after each change. In CSV, cells that a spreadsheet would interpret as a
formula begin with an apostrophe.`,
		Example: `  admin audit export --org acme --output acme.audit.csv
  admin audit export --org acme --format jsonl --since 2026-05-01 | jq .action`,
	}, func(ctx context.Context, _ []string) error {
		if err := f.read(); err != nil {
			return err
		}
		if c.json {
			format = auditexport.JSONL
		}
		if !slices.Contains(auditexport.Formats(), format) {
			return usage("--format must be one of %s, not %q", strings.Join(auditexport.Formats(), ", "), format)
		}
		return c.withOrganization(ctx, f.org, func(db *postgres.DB, o organization.Organization) (err error) {
			to := c.stdout
			if out != "" && out != "-" {
				file, err := os.Create(out)
				if err != nil {
					return err
				}
				defer func() {
					if closed := file.Close(); err == nil {
						err = closed
					}
				}()
				to = file
			}
			defer c.progress("exporting")()
			buffered := bufio.NewWriter(to)
			if err := auditexport.Export(ctx, db, o.ID, f.filter, format, buffered); err != nil {
				return err
			}
			return buffered.Flush()
		})
	})
	f.add(cmd)
	cmd.Flags().StringVar(&format, "format", auditexport.CSV, "output format: "+strings.Join(auditexport.Formats(), " or "))
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard output")
	completeFlag(cmd, "format", auditexport.Formats()...)
	return cmd
}
