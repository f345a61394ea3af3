package main

import (
	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
)

func (c *cli) templatesImport() *cobra.Command {
	var choices transfer.TemplateChoices
	var keep []string
	cmd := c.importCommand(&cobra.Command{
		Use:   "import --org ORG FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Import permission templates from files, in one change or not at all",
		Long: `Imports permission templates from a folder of {template_id}.json files, from single
files (a template, a list or an envelope of them), from a zip file, or from standard
input ("-"). All templates are imported in one change.

A template with the id of an existing template is imported as that template. If a
different template has the same name, there is a conflict, and --on-conflict
decides what happens: skip, replace (the existing template keeps its id) or rename.
--for NAME=... decides it for a single template.

A template that is invalid, or still in conflict, causes the whole import to be
refused, unless --only-valid leaves such templates out. --dry-run shows what would
happen, why and at which line.`,
		Example: `  admin templates import --org acme templates/ --dry-run
  admin templates import --org acme templates/ --on-conflict rename --for "Code Expert=skip"
  admin templates import --org acme acme.templates.zip --only-valid`,
	}, templateFiles, transfer.NewTemplateImport, "templates", func() (_ transfer.Choices, err error) {
		choices.ByName, err = parseDecisions(keep, "NAME", "skip", "replace", "rename")
		return choices, err
	})
	cmd.Flags().StringVar(&choices.OnConflict, "on-conflict", "", "what to do if another template has the name: skip, replace or rename")
	cmd.Flags().StringArrayVar(&keep, "for", nil, "--on-conflict for a single template, as NAME=skip; can be repeated")
	completeFlag(cmd, "on-conflict", "skip", "replace", "rename")
	return cmd
}
