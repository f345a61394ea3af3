package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/config"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

func (c *cli) modesImport() *cobra.Command {
	var org string
	var in files.Import
	cmd := c.does(&cobra.Command{
		Use:   "import --org ORG FILE",
		Short: "Import a file of modes: all of it in one change, or nothing",
		Long: `Imports a customModes: file in YAML or JSON; "-" reads the standard input. Modes whose
slug is there are updated, the others are created, in one change. One mode that
can't be used refuses the file, unless --only-valid leaves such modes out.`,
		Example: `  admin modes import --org acme .roomodes --dry-run
  admin modes import --org acme .roomodes --only-valid
  admin modes samples | admin modes import --org acme -`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		var err error
		if in.Data, err = c.read(args[0]); err != nil {
			return err
		}
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			plan, err := files.Run(ctx, db, c.by(), o.ID, in)
			var refused *files.RefusedError
			if errors.As(err, &refused) {
				plan = refused.Plan
			} else if err != nil {
				return err
			}
			if printed := c.print(plan, func(w io.Writer) { sayPlan(w, args[0], plan) }); printed != nil {
				return printed
			}
			if refused != nil {
				c.note("admin: %s", refused.Headline())
				return errSaid
			}
			return nil
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().BoolVar(&in.DryRun, "dry-run", false, "say what would change, and change nothing")
	cmd.Flags().BoolVar(&in.OnlyValid, "only-valid", false, "leave out modes that can't be used")
	return cmd
}

// read returns a file, or the standard input for "-".
func (c *cli) read(name string) ([]byte, error) {
	from := c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	// One byte more than can be taken, so that it is refused and not cut.
	return io.ReadAll(io.LimitReader(from, modes.MaxUploadBytes+1))
}

// sayPlan writes the verdict on each mode, with problems where an editor finds
// them: FILE:line:column.
func sayPlan(w io.Writer, file string, p files.Plan) {
	for _, l := range p.Modes {
		fmt.Fprintf(w, "%-9s  %s  %s\n", l.Verdict, l.Slug, l.Name)
		for _, ch := range l.Changes {
			fmt.Fprintf(w, "             %s %s\n", ch.Kind, ch.Pointer)
		}
		for _, pr := range l.Problems {
			fmt.Fprintf(w, "             %s:%d:%d: %s: %s\n", file, pr.Line, pr.Column, pr.Pointer, pr.Detail)
		}
		for _, n := range l.Notices {
			fmt.Fprintf(w, "             note, line %d: %s\n", n.Line, n.Detail)
		}
	}
	for _, n := range p.Notices {
		fmt.Fprintf(w, "note, line %d: %s\n", n.Line, n.Detail)
	}
	s := p.Summary
	done := "nothing was changed; at"
	if p.Applied && s.Create+s.Update > 0 {
		done = "now at"
	}
	fmt.Fprintf(w, "%d to create, %d to update, %d unchanged, %d invalid; %s revision %d\n", s.Create, s.Update, s.Unchanged, s.Invalid, done, p.Revision)
}

func (c *cli) modesExport() *cobra.Command {
	var org, view, out string
	var e files.Export
	cmd := c.does(&cobra.Command{
		Use:   "export --org ORG [--slug SLUG]...",
		Short: "Write an organization's modes as a file",
		Example: `  admin modes export --org acme > .roomodes
  admin modes export --org acme --view merged --format json`,
	}, func(ctx context.Context, _ []string) error {
		e.View = files.View(view)
		if e.View != files.Own && e.View != files.Merged {
			return usage("a view is own or merged, not %q", view)
		}
		if e.Format != modes.FormatYAML && e.Format != modes.FormatJSON {
			return usage("a format is yaml or json, not %q", e.Format)
		}
		s, err := config.LoadFrom[struct {
			BuiltinModes string `env:"BUILTIN_MODES"`
		}](c.environ)
		if err != nil {
			return err
		}
		builtins, err := builtinModes(s.BuiltinModes)
		if err != nil {
			return fmt.Errorf("BUILTIN_MODES: %w", err)
		}
		if c.json {
			e.Format = modes.FormatJSON
		}
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			data, err := files.Write(ctx, db, o.ID, builtins, e)
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				_, err = c.stdout.Write(data)
				return err
			}
			return os.WriteFile(out, data, 0o644)
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().StringVar(&e.Format, "format", modes.FormatYAML, "yaml or json")
	cmd.Flags().StringVar(&view, "view", string(files.Own), "own (safe to save as an editor's file) or merged (with the built-in modes)")
	cmd.Flags().StringSliceVar(&e.Slugs, "slug", nil, "only this mode; may be given several times")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file")
	return cmd
}

// listedMode is a mode in lists.
type listedMode struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug"`
	Name      string    `json:"name"`
	Version   int64     `json:"version"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (c *cli) modesList() *cobra.Command {
	var org string
	cmd := c.does(&cobra.Command{
		Use: "list --org ORG", Short: "List an organization's own modes", Example: "  admin modes list --org acme --json",
	}, func(ctx context.Context, _ []string) error {
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			all, err := db.Modes(ctx, o.ID)
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
				table(w, "SLUG\tNAME\tVERSION\tUPDATED\tID", func(row func(...any)) {
					for _, m := range list {
						row(m.Slug, m.Name, m.Version, m.UpdatedAt.Format(time.DateTime), m.ID)
					}
				})
			})
		})
	})
	orgFlag(cmd, &org)
	return cmd
}

func (c *cli) modesSamples() *cobra.Command {
	return c.does(&cobra.Command{
		Use: "samples", Short: "Write a file of sample modes",
		Example: "  admin modes samples | admin modes import --org acme -",
	}, func(context.Context, []string) error {
		_, err := c.stdout.Write(modes.Samples())
		return err
	})
}
