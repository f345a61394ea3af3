package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/config"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

var modeHistory = &historyCommands{
	kind: modes.KindName, group: "modes", refNoun: "slug or id", example: "docs",
	columns: "SLUG\tNAME\tMODE", cells: func(v listedVersion) []any { return []any{v.Slug, v.Name, v.ModeID} },
	describe: func(out *listedVersion, o resource.Object) {
		out.ModeID, out.Slug, out.Name = o.ID.String(), o.Spec.ObjectName(), o.Spec.Title()
	},
}

func (c *cli) modesExport() *cobra.Command {
	var org, view, out string
	var e transfer.ModeExport
	cmd := c.run(&cobra.Command{
		Use:   "export --org ORG [--slug SLUG]...",
		Short: "Export an organization's modes as a file",
		Long: `Exports an organization's own modes: as YAML, which is safe to save as an editor's
modes file, as JSON, as marketplace items, or as a zip file with one file per
mode. Importing an exported file results in the same modes.

The merged view also contains the built-in modes. It is for reading only: saved as
an editor's modes file, it would freeze the built-in modes in their current state.`,
		Example: `  admin modes export --org acme > .roomodes
  admin modes export --org acme --slug docs --slug tests --format marketplace
  admin modes export --org acme --format zip --output acme.zip
  admin modes export --org acme --view merged --format json`,
	}, func(ctx context.Context, _ []string) error {
		e.View = transfer.View(view)
		if e.View != transfer.ViewOwn && e.View != transfer.ViewMerged {
			return usage("--view must be own or merged, not %q", view)
		}
		if !slices.Contains(transfer.ModeFormats(), e.Format) {
			return usage("--format must be one of %s, not %q", strings.Join(transfer.ModeFormats(), ", "), e.Format)
		}
		builtins, err := c.builtins()
		if err != nil {
			return err
		}
		if c.json {
			e.Format = modes.FormatJSON
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			data, err := transfer.WriteModes(ctx, db, o, builtins, e)
			if err != nil {
				return err
			}
			return c.write(out, data)
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&e.Format, "format", modes.FormatYAML, "output format: "+strings.Join(transfer.ModeFormats(), ", "))
	cmd.Flags().StringVar(&view, "view", string(transfer.ViewOwn), "own (safe to save as an editor's modes file) or merged (includes the built-in modes)")
	cmd.Flags().StringSliceVar(&e.Slugs, "slug", nil, "only this mode; can be repeated")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard output")
	completeFlag(cmd, "format", transfer.ModeFormats()...)
	completeFlag(cmd, "view", string(transfer.ViewOwn), string(transfer.ViewMerged))
	return cmd
}

// builtins returns the built-in modes of this installation.
func (c *cli) builtins() ([]modes.Mode, error) {
	s, err := config.LoadFrom[struct {
		BuiltinModes string `env:"BUILTIN_MODES"`
	}](c.environ)
	if err != nil {
		return nil, err
	}
	ms, err := builtinModes(s.BuiltinModes)
	if err != nil {
		return nil, fmt.Errorf("BUILTIN_MODES: %w", err)
	}
	return ms, nil
}

// listedMode is a mode in the output of commands.
type listedMode struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug"`
	Name      string    `json:"name"`
	Version   int64     `json:"version"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (c *cli) modesList() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "list --org ORG", Short: "List an organization's own modes", Example: "  admin modes list --org acme --json",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			all, err := db.Modes.List(ctx, o.ID)
			if err != nil {
				return err
			}
			list := make([]listedMode, len(all))
			for i, m := range all {
				list[i] = listedMode{m.ID.String(), m.Slug, m.Name, m.Version, m.UpdatedAt}
			}
			return c.print(struct {
				Modes []listedMode `json:"modes"`
			}{list}, func(w io.Writer) {
				writeTable(w, "SLUG\tNAME\tVERSION\tUPDATED\tID", func(row func(...any)) {
					for _, m := range list {
						row(m.Slug, m.Name, m.Version, m.UpdatedAt.Format(time.DateTime), m.ID)
					}
				})
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func (c *cli) modesSamples() *cobra.Command {
	return c.run(&cobra.Command{
		Use: "samples", Short: "Print a file of sample modes",
		Example: "  admin modes samples | admin modes import --org acme -",
	}, func(context.Context, []string) error {
		_, err := c.stdout.Write(modes.Samples())
		return err
	})
}
