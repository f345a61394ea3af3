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

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// noun is a kind of object that libraries hold, for operators: what is its own of
// it. The commands about its history are its methods.
type noun[T any] struct {
	// one is what people call it, and group what its commands are below.
	one, group string
	// named says how an operator names one; example is one's name in examples.
	named, example string
	// head are the last columns of a list of versions, and cells what stands there.
	head  string
	cells func(listedVersion) []any
	// of returns an object's id, its version, and what it is called.
	of   func(T) (id uuid.UUID, version int64, called string)
	same func(called, ref string) bool
	diff func(before, after T) []diff.Change
	// version names the object of a version.
	version func(out *listedVersion, id string, t T)

	// The store's: see postgres.
	find      func(db *postgres.DB, ctx context.Context, org uuid.UUID, ref string) (T, error)
	versions  func(db *postgres.DB, ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]postgres.Version[T], error)
	versionOf func(db *postgres.DB, ctx context.Context, org, id uuid.UUID, version int64) (postgres.Version[T], error)
	restored  func(db *postgres.DB, ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (T, error)
	deleted   func(db *postgres.DB, ctx context.Context, org uuid.UUID, after *postgres.Place, limit int) ([]postgres.Version[T], error)
}

// listedVersion is a version of an object in lists.
type listedVersion struct {
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

func (n *noun[T]) listed(v postgres.Version[T]) listedVersion {
	out := listedVersion{Version: v.Version.Version, Revision: v.Revision, Action: string(v.Action), Actor: v.Actor.Name, OccurredAt: v.OccurredAt}
	n.version(&out, v.Subject.ID, v.Object)
	return out
}

// id finds an object by its id or what it is called; a deleted one by its id, or
// by what it was called when it was deleted last.
func (n *noun[T]) id(ctx context.Context, db *postgres.DB, org uuid.UUID, ref string) (uuid.UUID, error) {
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	t, err := n.find(db, ctx, org, ref)
	if !fault.Is(err, fault.NotFound) {
		id, _, _ := n.of(t)
		return id, err
	}
	deleted, listErr := n.allDeleted(ctx, db, org)
	if listErr != nil {
		return uuid.Nil, listErr
	}
	for _, v := range deleted {
		if _, _, called := n.of(v.Object); n.same(called, ref) {
			return uuid.Parse(v.Subject.ID)
		}
	}
	return uuid.Nil, err
}

func (n *noun[T]) history(c *cli) *cobra.Command {
	var org string
	var deleted bool
	where := strings.ToUpper(n.one)
	cmd := c.does(&cobra.Command{
		Use:   "history --org ORG " + where + " | --deleted",
		Short: fmt.Sprintf("List the versions of a %s, newest first; or the deleted %s", n.one, n.group),
		Long: fmt.Sprintf(`Lists what became of a %[1]s, named by its %[3]s. Deleted %[2]s have a history
too, and --deleted lists them; "admin %[2]s restore" brings one back.`, n.one, n.group, n.named),
		Example: fmt.Sprintf(`  admin %[1]s history --org acme %[2]s
  admin %[1]s history --org acme --deleted --json`, n.group, n.example),
		Args: cobra.MaximumNArgs(1),
	}, func(ctx context.Context, args []string) error {
		if (len(args) == 0) == !deleted {
			return usage("say which %s, or --deleted", n.one)
		}
		return c.inOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			found, err := n.all(ctx, db, o.ID, args)
			if err != nil {
				return err
			}
			list := make([]listedVersion, len(found))
			for i, v := range found {
				list[i] = n.listed(v)
			}
			return c.print(struct {
				Versions []listedVersion `json:"versions"`
			}{list}, func(w io.Writer) {
				table(w, "VERSION\tWHEN\tWHAT\tBY\t"+n.head, func(row func(...any)) {
					for _, v := range list {
						row(append([]any{v.Version, v.OccurredAt.Format(time.DateTime), v.Action, v.Actor}, n.cells(v)...)...)
					}
				})
			})
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().BoolVar(&deleted, "deleted", false, "list what was deleted and not restored")
	return cmd
}

func (n *noun[T]) allDeleted(ctx context.Context, db *postgres.DB, org uuid.UUID) ([]postgres.Version[T], error) {
	var all []postgres.Version[T]
	for after := (*postgres.Place)(nil); ; {
		part, err := n.deleted(db, ctx, org, after, pageSize)
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
		after = &postgres.Place{Revision: last.Revision, Subject: id}
	}
}

// all are all versions of an object; without one, the deleted objects.
func (n *noun[T]) all(ctx context.Context, db *postgres.DB, org uuid.UUID, ref []string) ([]postgres.Version[T], error) {
	if len(ref) == 0 {
		return n.allDeleted(ctx, db, org)
	}
	id, err := n.id(ctx, db, org, ref[0])
	if err != nil {
		return nil, err
	}
	var all []postgres.Version[T]
	for before := int64(0); ; {
		part, err := n.versions(db, ctx, org, id, before, pageSize)
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

// at is a version of an object by its number; "current" is the newest.
func (n *noun[T]) at(ctx context.Context, db *postgres.DB, org, id uuid.UUID, number string) (none postgres.Version[T], err error) {
	if number == "current" {
		newest, err := n.versions(db, ctx, org, id, 0, 1)
		if err != nil {
			return none, err
		}
		return newest[0], nil
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 1 {
		return none, usage("%q is no version; say a number, or current", number)
	}
	return n.versionOf(db, ctx, org, id, v)
}

// found is an object, by id or what it is called, and one of its versions.
func (n *noun[T]) found(ctx context.Context, db *postgres.DB, org uuid.UUID, ref, number string) (id uuid.UUID, v postgres.Version[T], err error) {
	if id, err = n.id(ctx, db, org, ref); err != nil {
		return id, v, err
	}
	v, err = n.at(ctx, db, org, id, number)
	return id, v, err
}

func (n *noun[T]) compare(c *cli) *cobra.Command {
	var org, from, to string
	cmd := c.does(&cobra.Command{
		Use:   "diff --org ORG " + strings.ToUpper(n.one) + " --from VERSION [--to VERSION]",
		Short: "Compare two versions of a " + n.one + ", field by field",
		Example: fmt.Sprintf(`  admin %[1]s diff --org acme %[2]s --from 3
  admin %[1]s diff --org acme %[2]s --from 3 --to 5 --json`, n.group, n.example),
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.inOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			id, before, err := n.found(ctx, db, o.ID, args[0], from)
			if err != nil {
				return err
			}
			after, err := n.at(ctx, db, o.ID, id, to)
			if err != nil {
				return err
			}
			changes := n.changes(ctx, before.Object, after.Object)
			return c.print(struct {
				From    listedVersion `json:"from"`
				To      listedVersion `json:"to"`
				Changes []diff.Change `json:"changes"`
			}{n.listed(before), n.listed(after), changes}, func(w io.Writer) { sayChanges(w, changes) })
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().StringVar(&from, "from", "", "the version to compare with, a number")
	cmd.Flags().StringVar(&to, "to", "current", "the version to compare, a number or current")
	must(cmd, "from")
	return cmd
}

// commandSteps bounds what a command compares: a terminal can wait longer than a page.
const commandSteps = 16 * diff.DefaultSteps

// changes are those from one version to another, never nil.
func (n *noun[T]) changes(ctx context.Context, before, after T) []diff.Change {
	return diff.WithLines(append([]diff.Change{}, n.diff(before, after)...), diff.NewBudget(ctx, commandSteps))
}

func sayChanges(w io.Writer, changes []diff.Change) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "They are equal.")
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

func (n *noun[T]) restore(c *cli) *cobra.Command {
	var org, version string
	var dryRun bool
	cmd := c.does(&cobra.Command{
		Use:   "restore --org ORG " + strings.ToUpper(n.one) + " --version VERSION",
		Short: fmt.Sprintf("Make an older version of a %s the current one, or bring a deleted one back", n.one),
		Long: fmt.Sprintf(`Makes an older version the current one, as a new version: nothing of the history is
lost. A deleted %s comes back under its id; "admin %s history --deleted" lists
them. --dry-run shows what would change.`, n.one, n.group),
		Example: fmt.Sprintf(`  admin %[1]s restore --org acme %[2]s --version 3 --dry-run
  admin %[1]s restore --org acme %[2]s --version 3`, n.group, n.example),
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.inOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			id, old, err := n.found(ctx, db, o.ID, args[0], version)
			if err != nil {
				return err
			}
			now, err := n.find(db, ctx, o.ID, id.String())
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			_, seen, _ := n.of(now)
			_, _, called := n.of(old.Object)
			is := n.listed(old)
			out := struct {
				Applied bool          `json:"applied"`
				ID      string        `json:"id"`
				Slug    string        `json:"slug,omitempty"`
				Name    string        `json:"name"`
				Version int64         `json:"version"`
				Changes []diff.Change `json:"changes"`
			}{ID: id.String(), Slug: is.Slug, Name: is.Name, Version: seen, Changes: n.changes(ctx, now, old.Object)}
			if !dryRun {
				// Held to what was compared with.
				restored, err := n.restored(db, ctx, c.by(), o.ID, id, old.Version.Version, seen)
				if err != nil {
					return err
				}
				out.Applied = true
				_, out.Version, _ = n.of(restored)
			}
			return c.print(out, func(w io.Writer) {
				sayChanges(w, out.Changes)
				if dryRun {
					fmt.Fprintln(w, "Nothing was changed.")
				} else {
					fmt.Fprintf(w, "%s is as in version %d again; this is version %d.\n", called, old.Version.Version, out.Version)
				}
			})
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().StringVar(&version, "version", "", "the version to go back to, a number")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change, and change nothing")
	must(cmd, "version")
	return cmd
}
