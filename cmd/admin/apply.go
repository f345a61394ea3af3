package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/manifest"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// manifestFiles excludes hidden files: .roomodes holds modes in another format.
var manifestFiles = fileKind{"manifests", ".yaml, .yml, .json", func(name string) bool {
	return !strings.HasPrefix(name, ".") && isModeFile(name)
}}

func (c *cli) apply() *cobra.Command {
	var org string
	var from []string
	var dryRun bool
	cmd := c.run(&cobra.Command{
		Use:   "apply --org ORG -f FILE|FOLDER|-...",
		Short: "Create or replace objects of any kind from manifests, in one change or not at all",
		Long: `Creates or replaces objects from manifests: YAML or JSON documents with kind, metadata
and spec, of any kinds and in any order. All manifests are applied in one change. An
existing object with the same kind and name is replaced. Objects without a manifest
are left unchanged.

A manifest with metadata.generation replaces only that version of the object. "admin
get" includes it in its output. Omit it to replace any version.

--dry-run shows what would change, and exits with 3 if anything would.`,
		Example: `  admin apply --org acme -f library.yaml --dry-run
  admin apply --org acme -f library/
  admin get --org acme mode docs | admin apply --org copy -f -`,
	}, func(ctx context.Context, _ []string) error {
		inputs, err := c.readInputs(from, manifestFiles)
		if err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			documents, err := manifest.Read(ctx, db.Kinds(), inputs)
			if err != nil {
				return err
			}
			defer c.progress("applying")()
			applied, err := transfer.Apply(ctx, db, c.by(), o.ID, documents, dryRun, 0)
			if err != nil {
				return err
			}
			if err := c.print(applied, func(w io.Writer) { printApplied(w, applied) }); err != nil {
				return err
			}
			if dryRun && applied.Differs() {
				return errDiffers
			}
			return nil
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringArrayVarP(&from, "file", "f", nil, "file or folder of manifests, or - for standard input; can be repeated")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change without changing anything")
	requireFlags(cmd, "file")
	return cmd
}

func printApplied(w io.Writer, applied transfer.Applied) {
	writeTable(w, "ACTION\tKIND\tNAME", func(row func(...any)) {
		for _, o := range applied.Objects {
			row(o.Action, o.Kind, o.Name)
		}
	})
	for _, o := range applied.Objects {
		if o.Action == resource.ActionUpdate {
			fmt.Fprintf(w, "\n%s %s:\n", o.Kind, o.Name)
			printDiff(w, o.Changes)
		}
	}
	for _, n := range applied.Notices {
		fmt.Fprintf(w, "\nline %d: %s\n", n.Line, n.Detail)
	}
	if !applied.Applied {
		fmt.Fprintln(w, "\nNo changes were made.")
	}
}
