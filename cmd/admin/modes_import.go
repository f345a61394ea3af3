package main

import (
	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
)

func (c *cli) modesImport() *cobra.Command {
	var choices transfer.ModeChoices
	var keep []string
	cmd := c.importCommand(&cobra.Command{
		Use:   "import --org ORG FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Import modes from files, in one change or not at all",
		Long: `Imports modes from YAML or JSON files, in any format that editors and marketplaces
use, from folders of such files, from a zip file, or from standard input ("-"). All
modes are imported in one change.

Modes with a new slug are created. If a slug already exists, --collision decides
what happens: overwrite (the default), skip, or keep_both (import under a new slug).
--for SLUG=... decides it for a single mode. --slug imports only some modes of the
file.

An invalid mode causes the whole import to be refused, unless --only-valid leaves such
modes out. --dry-run shows what would happen, why and at which line, and how
editors would interpret each mode. It succeeds even if modes are invalid, so a
script should check "summary" in the output of --json.`,
		Example: `  admin modes import --org acme .roomodes --dry-run
  admin modes import --org acme .roomodes --only-valid
  admin modes import --org acme team-modes/ --collision keep_both --for docs=skip
  admin modes import --org acme export.zip --slug docs --slug tests
  admin modes samples | admin modes import --org acme -`,
	}, modeFiles, transfer.NewModeImport, "modes and files", func() (_ transfer.Choices, err error) {
		choices.BySlug, err = parseDecisions(keep, "SLUG", "overwrite", "skip", "keep_both")
		return choices, err
	})
	cmd.Flags().StringVar(&choices.Collision, "collision", "overwrite", "what to do if a slug already exists: overwrite, skip or keep_both")
	cmd.Flags().StringArrayVar(&keep, "for", nil, "--collision for a single mode, as SLUG=skip; can be repeated")
	cmd.Flags().StringSliceVar(&choices.Slugs, "slug", nil, "import only this mode of the file; can be repeated")
	completeFlag(cmd, "collision", "overwrite", "skip", "keep_both")
	return cmd
}
