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
	cmd.Flags().StringVar(&f.until, "until", "", "only entries before this time, or up to and including this day")
}

func (f *auditFlags) read() (err error) {
	for _, action := range f.filter.Actions {
		if all := audit.Actions(); !slices.Contains(all, action) {
			return usage("unknown action %q%s", action, suggest.HintNear("; did you mean %s?", action, all))
		}
	}
	if f.filter.Since, err = audit.ParseSince(f.since); err != nil {
		return usage("--since must be a time such as 2026-05-01T12:00:00Z or a day such as 2026-05-01, not %q", f.since)
	}
	if f.filter.Until, err = audit.ParseUntil(f.until); err != nil {
		return usage("--until must be a time such as 2026-05-01T12:00:00Z or a day such as 2026-05-01, not %q", f.until)
	}
	return nil
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
	var options auditexport.Options
	var out string
	cmd := c.run(&cobra.Command{
		Use:   "export --org ORG",
		Short: "Export the audit log, newest entries first",
		Long: `Exports all entries as CSV or JSON Lines (also with --json), with the complete content
before and after each change. In CSV, cells that a spreadsheet would interpret as a
formula begin with an apostrophe. The last column names the cells that are longer than
the 32,767 characters that a spreadsheet keeps. --bom helps Excel to recognize UTF-8.`,
		Example: `  admin audit export --org acme --output acme.audit.csv
  admin audit export --org acme --format jsonl --since 2026-05-01 | jq .action`,
	}, func(ctx context.Context, _ []string) error {
		if err := f.read(); err != nil {
			return err
		}
		if c.json {
			options.Format = auditexport.JSONL
		}
		if err := options.Check(); err != nil {
			return usage("--%s", err)
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
			if err := auditexport.Export(ctx, db, o.ID, f.filter, options, buffered); err != nil {
				return err
			}
			return buffered.Flush()
		})
	})
	f.add(cmd)
	cmd.Flags().BoolVar(&options.BOM, "bom", false, "start a CSV file with a byte order mark")
	cmd.Flags().StringVar(&options.Format, "format", auditexport.CSV, "output format: "+strings.Join(auditexport.Formats(), " or "))
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard output")
	completeFlag(cmd, "format", auditexport.Formats()...)
	return cmd
}
