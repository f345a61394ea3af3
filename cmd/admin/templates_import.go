package main

import (
	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
)

func (c *cli) templatesImport() *cobra.Command {
	var choices files.TemplateChoices
	var keep []string
	cmd := c.importCommand(&cobra.Command{
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
	}, filesOfTemplates, files.NewTemplateImport, "templates", func() (_ files.Choices, err error) {
		choices.ByName, err = ways(keep, "NAME", "skip", "replace", "rename")
		return choices, err
	})
	cmd.Flags().StringVar(&choices.OnConflict, "on-conflict", "", "where another template has the name: skip, replace or rename")
	cmd.Flags().StringArrayVar(&keep, "for", nil, "the same for one template, as NAME=skip; may be given several times")
	completes(cmd, "on-conflict", "skip", "replace", "rename")
	return cmd
}
