package main

import (
	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
)

func (c *cli) modesImport() *cobra.Command {
	var choices files.ModeChoices
	var keep []string
	cmd := c.importCommand(&cobra.Command{
		Use:   "import --org ORG FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Import files of modes: all in one change, or nothing",
		Long: `Imports modes from files in YAML or JSON, in any of the forms that editors and
marketplaces use, from folders of them, from a zip file, or from the standard
input ("-"). All is done in one change.

Modes whose slug is new are created. Where the slug is there already, --collision
says what happens: overwrite (the usual), skip, or keep_both (under a new slug);
--for SLUG=... says it for one mode. --slug takes only some modes of the file.

A mode that can't be used refuses everything, unless --only-valid leaves such
modes out. --dry-run says what would happen, and why, at which line, and what
editors would make of each mode; nothing invalid makes it fail, so a script looks
at "summary" of --json.`,
		Example: `  admin modes import --org acme .roomodes --dry-run
  admin modes import --org acme .roomodes --only-valid
  admin modes import --org acme team-modes/ --collision keep_both --for docs=skip
  admin modes import --org acme export.zip --slug docs --slug tests
  admin modes samples | admin modes import --org acme -`,
	}, filesOfModes, files.NewModeImport, "modes and files", func() (_ files.Choices, err error) {
		choices.BySlug, err = ways(keep, "SLUG", "overwrite", "skip", "keep_both")
		return choices, err
	})
	cmd.Flags().StringVar(&choices.Collision, "collision", "overwrite", "where a slug is there already: overwrite, skip or keep_both")
	cmd.Flags().StringArrayVar(&keep, "for", nil, "the same for one mode, as SLUG=skip; may be given several times")
	cmd.Flags().StringSliceVar(&choices.Slugs, "slug", nil, "only this mode of the file; may be given several times")
	completes(cmd, "collision", "overwrite", "skip", "keep_both")
	return cmd
}
