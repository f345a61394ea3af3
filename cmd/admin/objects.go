package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/suggest"
)

// withKind sets RunE of a command whose first argument is a kind. do gets the remaining
// arguments.
func (c *cli) withKind(cmd *cobra.Command, do func(ctx context.Context, db *postgres.DB, o organization.Organization, k resource.Kind, args []string) error) *cobra.Command {
	var org string
	c.run(cmd, func(ctx context.Context, args []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			k, err := findKind(db.Kinds(), args[0])
			if err != nil {
				return err
			}
			return do(ctx, db, o, k, args[1:])
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

// findKind finds a kind by its name in commands or in manifests.
func findKind(kinds []resource.Kind, name string) (resource.Kind, error) {
	if k, ok := resource.FindKind(kinds, name); ok {
		return k, nil
	}
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = k.Names().Singular
	}
	return nil, usage("unknown kind %q; %s: %s", name, cmp.Or(suggest.HintNear("did you mean %s? The kinds are", name, all), "the kinds are"), strings.Join(all, ", "))
}

// historyCommandsFor returns the history commands of a kind: the dedicated ones, if any, else
// generic ones.
func historyCommandsFor(k resource.Kind) *historyCommands {
	for _, own := range []*historyCommands{modeHistory, templateHistory} {
		if own.kind == k.Names().Singular {
			return own
		}
	}
	return &historyCommands{
		kind: k.Names().Singular, columns: "NAME\tID", cells: func(v listedVersion) []any { return []any{v.Name, v.ID} },
		describe: func(out *listedVersion, o resource.Object) { out.ID, out.Name = o.ID.String(), o.Spec.Title() },
	}
}

func (c *cli) get() *cobra.Command {
	return c.withKind(&cobra.Command{
		Use:   "get --org ORG KIND [NAME]",
		Short: "Print objects as manifests that apply accepts",
		Example: `  admin get --org acme modes
  admin get --org acme template Reviewer --json`,
		Args: cobra.RangeArgs(1, 2),
	}, func(ctx context.Context, db *postgres.DB, o organization.Organization, k resource.Kind, args []string) error {
		objects := db.Objects(k.Names().Singular)
		var all []resource.Object
		var err error
		if len(args) == 0 {
			all, err = objects.List(ctx, o.ID)
		} else {
			all = make([]resource.Object, 1)
			all[0], err = objects.Get(ctx, o.ID, args[0])
		}
		if err != nil {
			return err
		}
		manifests := make([]jsonast.Map, len(all))
		for i, one := range all {
			manifests[i] = manifest.FromObject(k, one)
		}
		if len(args) == 1 {
			return c.print(manifests[0], func(w io.Writer) { _, _ = w.Write(manifest.YAML(k, all)) })
		}
		return c.print(map[string]any{k.Names().Plural: manifests}, func(w io.Writer) { _, _ = w.Write(manifest.YAML(k, all)) })
	})
}

func (c *cli) diff() *cobra.Command {
	var from, to string
	cmd := c.withKind(&cobra.Command{
		Use:     "diff --org ORG KIND NAME --from VERSION [--to VERSION]",
		Short:   "Compare two versions of an object, field by field",
		Example: "  admin diff --org acme mode docs --from 3 --to 5",
		Args:    cobra.ExactArgs(2),
	}, func(ctx context.Context, db *postgres.DB, o organization.Organization, k resource.Kind, args []string) error {
		return historyCommandsFor(k).printChanges(ctx, c, db, o.ID, args[0], from, to)
	})
	addVersionFlags(cmd, &from, &to)
	return cmd
}

func (c *cli) history() *cobra.Command {
	return c.withKind(&cobra.Command{
		Use:   "history --org ORG KIND [NAME]",
		Short: "List the versions of an object, newest first, or without a name the deleted objects of the kind",
		Example: `  admin history --org acme mode docs
  admin history --org acme templates`,
		Args: cobra.RangeArgs(1, 2),
	}, func(ctx context.Context, db *postgres.DB, o organization.Organization, k resource.Kind, args []string) error {
		return historyCommandsFor(k).printAll(ctx, c, db, o.ID, args)
	})
}

func (c *cli) delete() *cobra.Command {
	var dryRun bool
	cmd := c.withKind(&cobra.Command{
		Use:   "delete --org ORG KIND NAME...",
		Short: "Delete objects that are not in use, in one change; their history is kept",
		Example: `  admin delete --org acme mode docs --dry-run
  admin delete --org acme template Reviewer "Code expert"`,
		Args: cobra.MinimumNArgs(2),
	}, func(ctx context.Context, db *postgres.DB, o organization.Organization, k resource.Kind, args []string) error {
		ops := make([]resource.Op, len(args))
		for i, name := range args {
			ops[i] = resource.Op{Verb: resource.Delete, Kind: k.Names().Singular, Ref: name}
		}
		result, err := db.Apply(ctx, c.by(), o.ID, ops, resource.Options{DryRun: dryRun})
		if err != nil {
			return nameFailures(err, args)
		}
		type deleted struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		all := make([]deleted, len(result.Outcomes))
		for i, done := range result.Outcomes {
			all[i] = deleted{done.Object.ID.String(), done.Object.Spec.ObjectName()}
		}
		return c.print(map[string]any{"applied": !dryRun, "deleted": all}, func(w io.Writer) {
			for _, d := range all {
				if dryRun {
					fmt.Fprintf(w, "The %s %s would be deleted.\n", k.Names().Noun, d.Name)
				} else {
					fmt.Fprintf(w, "The %s %s was deleted.\n", k.Names().Noun, d.Name)
				}
			}
		})
	})
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be deleted without deleting anything")
	return cmd
}

// nameFailures returns an error that names the objects whose operations failed. Errors other
// than resource.OpErrors pass through.
func nameFailures(err error, names []string) error {
	var failed resource.OpErrors
	if !errors.As(err, &failed) {
		return err
	}
	f, _ := fault.As(failed[0].Err)
	out := fault.New(f.Kind, f.Code, "Nothing was deleted: either all %d objects are deleted or none", len(names))
	for _, one := range failed {
		out = out.With(fault.Field{Detail: names[one.Index] + ": " + one.Err.Error()})
	}
	return out
}
