package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/manifest"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// filesOfManifests excludes hidden files: .roomodes holds modes in another format.
var filesOfManifests = kindOfFile{"manifests", ".yaml, .yml, .json", func(name string) bool {
	return !strings.HasPrefix(name, ".") && mayHoldModes(name)
}}

func (c *cli) apply() *cobra.Command {
	var org string
	var from []string
	var dryRun bool
	cmd := c.does(&cobra.Command{
		Use:   "apply --org ORG -f FILE|FOLDER|-...",
		Short: "Create and replace objects of any kinds by their manifests: all in one change, or nothing",
		Long: `Applies manifests: documents of YAML or JSON with kind, metadata and spec, of any
kinds, in any order. All is done in one change. An object of that kind and name is
replaced, or else created; what has no manifest stays as it is.

A manifest with metadata.generation replaces only that version of the object; "admin
get" writes it. Leave it out to replace any version.

--dry-run says what would change, and exits with 3 if anything would.`,
		Example: `  admin apply --org acme -f library.yaml --dry-run
  admin apply --org acme -f library/
  admin get --org acme mode docs | admin apply --org copy -f -`,
	}, func(ctx context.Context, _ []string) error {
		brought, err := c.bring(from, filesOfManifests)
		if err != nil {
			return err
		}
		return c.inOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			documents, err := manifest.Read(ctx, db.Kinds(), brought)
			if err != nil {
				return err
			}
			defer c.working("applying")()
			applied, err := files.Apply(ctx, db, c.by(), o.ID, documents, dryRun, 0)
			if err != nil {
				return err
			}
			if err := c.print(applied, func(w io.Writer) { sayApplied(w, applied) }); err != nil {
				return err
			}
			if dryRun && applied.Differs() {
				return errDiffers
			}
			return nil
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().StringArrayVarP(&from, "file", "f", nil, "a file of manifests, a folder of them, or - for the standard input; may be given several times")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change, and change nothing")
	must(cmd, "file")
	return cmd
}

func sayApplied(w io.Writer, applied files.Applied) {
	table(w, "ACTION\tKIND\tNAME", func(row func(...any)) {
		for _, o := range applied.Objects {
			row(o.Action, o.Kind, o.Name)
		}
	})
	for _, o := range applied.Objects {
		if o.Action == resource.ActionUpdate {
			fmt.Fprintf(w, "\n%s %s:\n", o.Kind, o.Name)
			sayChanges(w, o.Changes)
		}
	}
	for _, n := range applied.Notices {
		fmt.Fprintf(w, "\nline %d: %s\n", n.Line, n.Detail)
	}
	if !applied.Applied {
		fmt.Fprintln(w, "\nNothing was changed.")
	}
}
