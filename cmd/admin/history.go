package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// historyCommands defines the history commands of one kind of object.
type historyCommands struct {
	// kind is the kind's singular, and group the command that they are below.
	kind, group string
	// refNoun tells how to refer to an object, such as "slug or id"; example is a name for
	// examples.
	refNoun, example string
	// columns holds the last column titles of a list of versions; cells returns their values.
	columns string
	cells   func(listedVersion) []any
	// describe adds the name of its object to a version.
	describe func(out *listedVersion, o resource.Object)
}

func (n *historyCommands) collection(db *postgres.DB) *postgres.Collection[resource.Object] {
	return db.Objects(n.kind)
}

// listedVersion is a version of an object in the output of commands.
type listedVersion struct {
	ID         string    `json:"id,omitempty"`
	ModeID     string    `json:"mode_id,omitempty"`
	TemplateID string    `json:"template_id,omitempty"`
	Version    int64     `json:"version"`
	Revision   int64     `json:"revision"`
	Action     string    `json:"action"`
	Actor      string    `json:"actor"`
	OccurredAt time.Time `json:"occurred_at"`
	Slug       string    `json:"slug,omitempty"`
	Name       string    `json:"name"`
}

func (n *historyCommands) newListedVersion(v postgres.Version[resource.Object]) listedVersion {
	out := listedVersion{Version: v.Version.Version, Revision: v.Revision, Action: string(v.Action), Actor: v.Actor.Name, OccurredAt: v.OccurredAt}
	n.describe(&out, v.Object)
	return out
}

// id returns the id of an object, given its id or name. For a deleted object, the name is
// the one that it had when it was last deleted.
func (n *historyCommands) id(ctx context.Context, db *postgres.DB, org uuid.UUID, ref string) (uuid.UUID, error) {
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	o, err := n.collection(db).Get(ctx, org, ref)
	if !fault.Is(err, fault.NotFound) {
		return o.ID, err
	}
	deleted, listErr := n.listDeleted(ctx, db, org)
	if listErr != nil {
		return uuid.Nil, listErr
	}
	for _, v := range deleted {
		if n.collection(db).SameName(v.Object.Spec.ObjectName(), ref) {
			return uuid.Parse(v.Subject.ID)
		}
	}
	return uuid.Nil, err
}

func (n *historyCommands) history(c *cli) *cobra.Command {
	var org string
	var deleted bool
	placeholder := strings.ToUpper(n.kind)
	cmd := c.run(&cobra.Command{
		Use:   "history --org ORG " + placeholder + " | --deleted",
		Short: fmt.Sprintf("List the versions of a %s, newest first, or the deleted %s", n.kind, n.group),
		Long: fmt.Sprintf(`Lists the versions of a %[1]s, given its %[3]s. Deleted %[2]s have a history too:
--deleted lists them, and "admin %[2]s restore" restores one.`, n.kind, n.group, n.refNoun),
		Example: fmt.Sprintf(`  admin %[1]s history --org acme %[2]s
  admin %[1]s history --org acme --deleted --json`, n.group, n.example),
		Args: cobra.MaximumNArgs(1),
	}, func(ctx context.Context, args []string) error {
		if (len(args) == 0) == !deleted {
			return usage("specify a %s or --deleted", n.kind)
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			return n.printAll(ctx, c, db, o.ID, args)
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().BoolVar(&deleted, "deleted", false, "list objects that were deleted and not restored")
	return cmd
}

// printAll prints all versions of an object; without one, the deleted objects.
func (n *historyCommands) printAll(ctx context.Context, c *cli, db *postgres.DB, org uuid.UUID, ref []string) error {
	found, err := n.list(ctx, db, org, ref)
	if err != nil {
		return err
	}
	list := make([]listedVersion, len(found))
	for i, v := range found {
		list[i] = n.newListedVersion(v)
	}
	return c.print(struct {
		Versions []listedVersion `json:"versions"`
	}{list}, func(w io.Writer) {
		writeTable(w, "VERSION\tTIME\tACTION\tACTOR\t"+n.columns, func(row func(...any)) {
			for _, v := range list {
				row(append([]any{v.Version, v.OccurredAt.Format(time.DateTime), v.Action, v.Actor}, n.cells(v)...)...)
			}
		})
	})
}

func (n *historyCommands) listDeleted(ctx context.Context, db *postgres.DB, org uuid.UUID) ([]postgres.Version[resource.Object], error) {
	var all []postgres.Version[resource.Object]
	for after := (*postgres.HistoryCursor)(nil); ; {
		part, err := n.collection(db).Deleted(ctx, org, after, pageSize)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < pageSize {
			return all, nil
		}
		last := part[len(part)-1]
		id, err := uuid.Parse(last.Subject.ID)
		if err != nil {
			return nil, err
		}
		after = &postgres.HistoryCursor{Revision: last.Revision, Subject: id}
	}
}

// list returns all versions of an object; without one, the deleted objects.
func (n *historyCommands) list(ctx context.Context, db *postgres.DB, org uuid.UUID, ref []string) ([]postgres.Version[resource.Object], error) {
	if len(ref) == 0 {
		return n.listDeleted(ctx, db, org)
	}
	id, err := n.id(ctx, db, org, ref[0])
	if err != nil {
		return nil, err
	}
	var all []postgres.Version[resource.Object]
	for before := int64(0); ; {
		part, err := n.collection(db).Versions(ctx, org, id, before, pageSize)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < pageSize {
			return all, nil
		}
		before = part[len(part)-1].Version.Version
	}
}

// version returns a version of an object by its number; "current" means the newest.
func (n *historyCommands) version(ctx context.Context, db *postgres.DB, org, id uuid.UUID, number string) (none postgres.Version[resource.Object], err error) {
	if number == "current" {
		newest, err := n.collection(db).Versions(ctx, org, id, 0, 1)
		if err != nil {
			return none, err
		}
		return newest[0], nil
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 1 {
		return none, usage("%q is not a version; use a number, or current", number)
	}
	return n.collection(db).Version(ctx, org, id, v)
}

// find returns the id of an object, given its id or name, and one of its versions.
func (n *historyCommands) find(ctx context.Context, db *postgres.DB, org uuid.UUID, ref, number string) (id uuid.UUID, v postgres.Version[resource.Object], err error) {
	if id, err = n.id(ctx, db, org, ref); err != nil {
		return id, v, err
	}
	v, err = n.version(ctx, db, org, id, number)
	return id, v, err
}

func (n *historyCommands) compare(c *cli) *cobra.Command {
	var org, from, to string
	cmd := c.run(&cobra.Command{
		Use:   "diff --org ORG " + strings.ToUpper(n.kind) + " --from VERSION [--to VERSION]",
		Short: "Compare two versions of a " + n.kind + ", field by field",
		Example: fmt.Sprintf(`  admin %[1]s diff --org acme %[2]s --from 3
  admin %[1]s diff --org acme %[2]s --from 3 --to 5 --json`, n.group, n.example),
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			return n.printChanges(ctx, c, db, o.ID, args[0], from, to)
		})
	})
	addOrgFlag(cmd, &org)
	addVersionFlags(cmd, &from, &to)
	return cmd
}

// addVersionFlags adds the flags that name the versions to compare.
func addVersionFlags(cmd *cobra.Command, from, to *string) {
	cmd.Flags().StringVar(from, "from", "", "number of the older version")
	cmd.Flags().StringVar(to, "to", "current", "number of the newer version, or current")
	requireFlags(cmd, "from")
}

// printChanges prints what changed from one version of an object to another.
func (n *historyCommands) printChanges(ctx context.Context, c *cli, db *postgres.DB, org uuid.UUID, ref, from, to string) error {
	id, before, err := n.find(ctx, db, org, ref, from)
	if err != nil {
		return err
	}
	after, err := n.version(ctx, db, org, id, to)
	if err != nil {
		return err
	}
	changes := n.changes(ctx, db, before.Object, after.Object)
	return c.print(struct {
		From    listedVersion `json:"from"`
		To      listedVersion `json:"to"`
		Changes []diff.Change `json:"changes"`
	}{n.newListedVersion(before), n.newListedVersion(after), changes}, func(w io.Writer) { printDiff(w, changes) })
}

// maxDiffSteps bounds what a command compares: a terminal can wait longer than a page.
const maxDiffSteps = 16 * diff.DefaultSteps

// changes returns the changes from one version to another, never nil.
func (n *historyCommands) changes(ctx context.Context, db *postgres.DB, before, after resource.Object) []diff.Change {
	return diff.WithLines(append([]diff.Change{}, n.collection(db).Diff(before, after)...), diff.NewBudget(ctx, maxDiffSteps))
}

func printDiff(w io.Writer, changes []diff.Change) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "No differences.")
	}
	for _, ch := range changes {
		fmt.Fprintf(w, "%s %s\n", ch.Kind, ch.Pointer)
		if len(ch.Lines) > 0 {
			for _, l := range ch.Lines {
				fmt.Fprintf(w, "  %s %s\n", map[diff.Kind]string{diff.Added: "+", diff.Removed: "-", diff.Same: " "}[l.Kind], l.Text)
			}
			continue
		}
		for _, side := range []struct {
			sign string
			is   any
		}{{"-", ch.Before}, {"+", ch.After}} {
			if side.is != nil {
				fmt.Fprintf(w, "  %s %s\n", side.sign, strings.TrimSpace(string(jsonast.MarshalYAML(side.is, ""))))
			}
		}
	}
}

func (n *historyCommands) restore(c *cli) *cobra.Command {
	var org, version string
	var dryRun bool
	cmd := c.run(&cobra.Command{
		Use:   "restore --org ORG " + strings.ToUpper(n.kind) + " --version VERSION",
		Short: fmt.Sprintf("Make an older version of a %s the current one, or restore a deleted one", n.kind),
		Long: fmt.Sprintf(`Makes an older version the current one by adding it as a new version, so no history is
lost. A deleted %s is restored under its id; "admin %s history --deleted" lists
the deleted ones. --dry-run shows what would change.`, n.kind, n.group),
		Example: fmt.Sprintf(`  admin %[1]s restore --org acme %[2]s --version 3 --dry-run
  admin %[1]s restore --org acme %[2]s --version 3`, n.group, n.example),
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			id, old, err := n.find(ctx, db, o.ID, args[0], version)
			if err != nil {
				return err
			}
			now, err := n.collection(db).Get(ctx, o.ID, id.String())
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			is := n.newListedVersion(old)
			out := struct {
				Applied bool          `json:"applied"`
				ID      string        `json:"id"`
				Slug    string        `json:"slug,omitempty"`
				Name    string        `json:"name"`
				Version int64         `json:"version"`
				Changes []diff.Change `json:"changes"`
			}{ID: id.String(), Slug: is.Slug, Name: is.Name, Version: now.Version, Changes: n.changes(ctx, db, now, old.Object)}
			if !dryRun {
				// The restore fails if the object is no longer at the version compared above.
				restored, err := n.collection(db).Restore(ctx, c.by(), o.ID, id, old.Version.Version, now.Version)
				if err != nil {
					return err
				}
				out.Applied = true
				out.Version = restored.Version
			}
			return c.print(out, func(w io.Writer) {
				printDiff(w, out.Changes)
				if dryRun {
					fmt.Fprintln(w, "No changes were made.")
				} else {
					fmt.Fprintf(w, "Restored %s to version %d, as version %d.\n", old.Object.Spec.ObjectName(), old.Version.Version, out.Version)
				}
			})
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&version, "version", "", "number of the version to restore")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would change without changing anything")
	requireFlags(cmd, "version")
	return cmd
}
