package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/editors"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

func (c *cli) modesExplain() *cobra.Command {
	var org, file string
	var only []string
	cmd := c.run(&cobra.Command{
		Use:   "explain (--org ORG | --file FILE) MODE",
		Short: "Show how editors interpret a mode: its prompt and its permissions",
		Long: `Shows how each editor interprets a mode: the name and description that users see, the
prompt that the model receives, its permissions, and behavior that can be
unexpected. The mode is given by its slug. It is one of an organization's modes, a
built-in mode, or a mode in a file, for which no database is needed.`,
		Example: `  admin modes explain --org acme docs
  admin modes explain --file .roomodes --client kilo-cli-7 docs`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		if (org == "") == (file == "") {
			return usage("specify either --org or --file")
		}
		for _, id := range only {
			if !slices.Contains(clientIDs(), id) {
				return usage("--client must be one of %s, not %q", strings.Join(clientIDs(), ", "), id)
			}
		}
		if file != "" {
			m, err := c.modeFromFile(ctx, file, args[0])
			if err != nil {
				return err
			}
			return c.printViews(m, only)
		}
		builtins, err := c.builtins()
		if err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			m, err := transfer.FindMode(ctx, db, o.ID, builtins, args[0])
			if err != nil {
				return err
			}
			return c.printViews(m, only)
		})
	})
	cmd.Flags().StringVar(&org, "org", "", "slug or id of the organization")
	cmd.Flags().StringVar(&file, "file", "", `file of modes, or "-" for standard input`)
	cmd.Flags().StringSliceVar(&only, "client", nil, "only this editor ("+strings.Join(clientIDs(), ", ")+"); can be repeated")
	completeFlag(cmd, "client", clientIDs()...)
	return cmd
}

// modeFromFile returns the mode with a slug in a file. It fails if the mode is not valid.
func (c *cli) modeFromFile(ctx context.Context, file, slug string) (modes.Mode, error) {
	inputs, err := c.readInputs([]string{file}, modeFiles)
	if err != nil {
		return modes.Mode{}, err
	}
	folder, err := transfer.ReadModes(ctx, inputs)
	if err != nil {
		return modes.Mode{}, err
	}
	var have []string
	for _, e := range folder.File.Entries {
		have = append(have, e.Mode.Slug)
		if modes.SlugKey(e.Mode.Slug) != modes.SlugKey(slug) {
			continue
		}
		if len(e.Problems) > 0 {
			return modes.Mode{}, fault.New(fault.Invalid, "invalid_mode", "The mode %s is invalid", slug).With(e.Problems...)
		}
		return e.Mode, nil
	}
	return modes.Mode{}, fmt.Errorf("there is no mode %q in %s; it has %s", slug, file, strings.Join(have, ", "))
}

func (c *cli) printViews(m modes.Mode, only []string) error {
	views := []editors.View{}
	for _, client := range editors.All() {
		if len(only) == 0 || slices.Contains(only, client.ID) {
			views = append(views, editors.Preview(client, m))
		}
	}
	return c.print(struct {
		Version int            `json:"version"`
		Views   []editors.View `json:"views"`
	}{editors.Version(), views}, func(w io.Writer) {
		for i, v := range views {
			if i > 0 {
				fmt.Fprintln(w)
			}
			printView(w, v)
		}
	})
}

func printView(w io.Writer, v editors.View) {
	name := v.Client
	if client, err := editors.Find(v.Client); err == nil {
		name = client.Name
	}
	fmt.Fprintf(w, "== %s: %s (%s)\n", name, v.Name, v.Slug)
	for _, text := range []struct{ what, is string }{{"Shown to users", v.Description}, {"Shown to models that choose a mode", v.Purpose}} {
		if text.is != "" {
			fmt.Fprintf(w, "%s: %s\n", text.what, text.is)
		}
	}
	fmt.Fprintln(w, "Permissions:")
	writeTable(w, "  PERMISSION\tACCESS\tFROM", func(row func(...any)) {
		for _, p := range v.Permissions {
			access := string(p.Access)
			if p.Pattern != "" {
				access += fmt.Sprintf(" (%s %s)", p.PatternSyntax, p.Pattern)
			}
			row("  "+p.Label, access, strings.Join(p.Groups, ", "))
		}
	})
	for _, n := range v.Notes {
		fmt.Fprintf(w, "Note, %s: %s\n", n.Pointer, n.Detail)
	}
	fmt.Fprintln(w, "Prompt:")
	for line := range strings.Lines(strings.TrimRight(v.Prompt, "\n") + "\n") {
		fmt.Fprint(w, "  | "+line)
	}
}
