package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

func (c *cli) templatesImport() *cobra.Command {
	var org, onConflict string
	var keep []string
	var in files.Import[templates.Choices]
	cmd := c.does(&cobra.Command{
		Use:   "import --org ORG FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Import files of permission templates: all in one change, or nothing",
		Long: `Imports permission templates from a folder of {template_id}.json files, from single
files (a template, a list or an envelope of them), from a zip file, or from the
standard input ("-"). All is done in one change.

A template with the id of an existing one is that one. One whose name another one
has is in conflict, and --on-conflict says what becomes of it: skip, replace (the
other one's id stays) or rename; --for NAME=... says it for one template.

A template that can't be used, or is in conflict still, refuses everything, unless
--only-valid leaves such templates out. --dry-run says what would happen, and why,
at which line.`,
		Example: `  admin templates import --org acme templates/ --dry-run
  admin templates import --org acme templates/ --on-conflict rename --for "Code Expert=skip"
  admin templates import --org acme acme.templates.zip --only-valid`,
		Args: cobra.MinimumNArgs(1),
	}, func(ctx context.Context, args []string) error {
		in.Choices.OnConflict = templates.Choice(onConflict)
		var err error
		if in.Choices.ByName, err = ways[templates.Choice](keep, "NAME", "skip", "replace", "rename"); err != nil {
			return err
		}
		if in.Files, err = c.bring(args, filesOfTemplates); err != nil {
			return err
		}
		return imports(ctx, c, org, func(db *postgres.DB, o organization.Organization) (*files.TemplatePlan, error) {
			return files.ImportTemplates(ctx, db, c.by(), o.ID, in)
		}, func(w io.Writer, plan *files.TemplatePlan) { sayTemplatePlan(w, args[0], plan) })
	})
	orgFlag(cmd, &org)
	cmd.Flags().BoolVar(&in.DryRun, "dry-run", false, "say what would change, and change nothing")
	cmd.Flags().BoolVar(&in.OnlyValid, "only-valid", false, "leave out templates that can't be used")
	cmd.Flags().StringVar(&onConflict, "on-conflict", "", "where another template has the name: skip, replace or rename")
	cmd.Flags().StringArrayVar(&keep, "for", nil, "the same for one template, as NAME=skip; may be given several times")
	completes(cmd, "on-conflict", "skip", "replace", "rename")
	return cmd
}
