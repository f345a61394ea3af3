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

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// listedVersion is a version of a mode in lists.
type listedVersion struct {
	ModeID     string    `json:"mode_id"`
	Version    int64     `json:"version"`
	Revision   int64     `json:"revision"`
	Action     string    `json:"action"`
	Actor      string    `json:"actor"`
	OccurredAt time.Time `json:"occurred_at"`
	Slug       string    `json:"slug"`
	Name       string    `json:"name"`
}

func versionOf(v postgres.ModeVersion) listedVersion {
	return listedVersion{
		v.Subject.ID, v.Version.Version, v.Revision, string(v.Action), v.Actor.Name, v.OccurredAt, v.Object.Slug, v.Object.Name,
	}
}

// modeID finds a mode by its id or slug; a deleted one by its id, or by the slug
// that it had when it was deleted last.
func modeID(ctx context.Context, db *postgres.DB, org uuid.UUID, ref string) (uuid.UUID, error) {
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	m, err := db.Mode(ctx, org, ref)
	if !fault.Is(err, fault.NotFound) {
		return m.ID, err
	}
	deleted, listErr := db.DeletedModes(ctx, org, pageSize)
	if listErr != nil {
		return uuid.Nil, listErr
	}
	for _, v := range deleted {
		if modes.SlugKey(v.Object.Slug) == modes.SlugKey(ref) {
			return uuid.Parse(v.Subject.ID)
		}
	}
	return uuid.Nil, err
}

func (c *cli) modesHistory() *cobra.Command {
	var org string
	var deleted bool
	cmd := c.does(&cobra.Command{
		Use:   "history --org ORG MODE | --deleted",
		Short: "List the versions of a mode, newest first; or the deleted modes",
		Long: `Lists what became of a mode, named by its slug or id. Deleted modes have a history
too, and --deleted lists them; "admin modes restore" brings one back.`,
		Example: `  admin modes history --org acme docs
  admin modes history --org acme --deleted --json`,
		Args: cobra.MaximumNArgs(1),
	}, func(ctx context.Context, args []string) error {
		if (len(args) == 0) == !deleted {
			return usage("say which mode, or --deleted")
		}
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			found, err := history(ctx, db, o.ID, args)
			if err != nil {
				return err
			}
			list := make([]listedVersion, len(found))
			for i, v := range found {
				list[i] = versionOf(v)
			}
			return c.print(struct {
				Versions []listedVersion `json:"versions"`
			}{list}, func(w io.Writer) {
				table(w, "VERSION\tWHEN\tWHAT\tBY\tSLUG\tNAME\tMODE", func(row func(...any)) {
					for _, v := range list {
						row(v.Version, v.OccurredAt.Format(time.DateTime), v.Action, v.Actor, v.Slug, v.Name, v.ModeID)
					}
				})
			})
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().BoolVar(&deleted, "deleted", false, "list what was deleted and not restored")
	return cmd
}

// history is all versions of a mode; without one, the deleted modes.
func history(ctx context.Context, db *postgres.DB, org uuid.UUID, ref []string) ([]postgres.ModeVersion, error) {
	if len(ref) == 0 {
		return db.DeletedModes(ctx, org, pageSize)
	}
	id, err := modeID(ctx, db, org, ref[0])
	if err != nil {
		return nil, err
	}
	var all []postgres.ModeVersion
	for before := int64(0); ; {
		part, err := db.ModeVersions(ctx, org, id, before, pageSize)
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

// versionAt is a version of a mode by its number; "current" is the newest.
func versionAt(ctx context.Context, db *postgres.DB, org, id uuid.UUID, number string) (postgres.ModeVersion, error) {
	if number == "current" {
		newest, err := db.ModeVersions(ctx, org, id, 0, 1)
		if err != nil {
			return postgres.ModeVersion{}, err
		}
		return newest[0], nil
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return postgres.ModeVersion{}, usage("%q is no version; say a number, or current", number)
	}
	return db.ModeVersion(ctx, org, id, n)
}

func (c *cli) modesDiff() *cobra.Command {
	var org, from, to string
	cmd := c.does(&cobra.Command{
		Use:   "diff --org ORG MODE --from VERSION [--to VERSION]",
		Short: "Compare two versions of a mode, field by field",
		Example: `  admin modes diff --org acme docs --from 3
  admin modes diff --org acme docs --from 3 --to 5 --json`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			id, err := modeID(ctx, db, o.ID, args[0])
			if err != nil {
				return err
			}
			before, err := versionAt(ctx, db, o.ID, id, from)
			if err != nil {
				return err
			}
			after, err := versionAt(ctx, db, o.ID, id, to)
			if err != nil {
				return err
			}
			changes := append([]modes.Change{}, modes.Diff(before.Object.Mode, after.Object.Mode)...)
			return c.print(struct {
				From    listedVersion  `json:"from"`
				To      listedVersion  `json:"to"`
				Changes []modes.Change `json:"changes"`
			}{versionOf(before), versionOf(after), changes}, func(w io.Writer) { sayChanges(w, changes) })
		})
	})
	orgFlag(cmd, &org)
	cmd.Flags().StringVar(&from, "from", "", "the version to compare with, a number")
	cmd.Flags().StringVar(&to, "to", "current", "the version to compare, a number or current")
	must(cmd, "from")
	return cmd
}

func sayChanges(w io.Writer, changes []modes.Change) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "They are equal.")
	}
	for _, ch := range changes {
		fmt.Fprintf(w, "%s %s\n", ch.Kind, ch.Pointer)
		if len(ch.Lines) > 0 {
			for _, l := range ch.Lines {
				fmt.Fprintf(w, "  %s %s\n", map[modes.ChangeKind]string{modes.Added: "+", modes.Removed: "-", modes.Same: " "}[l.Kind], l.Text)
			}
			continue
		}
		for _, side := range []struct {
			sign string
			is   any
		}{{"-", ch.Before}, {"+", ch.After}} {
			if side.is != nil {
				fmt.Fprintf(w, "  %s %s\n", side.sign, strings.TrimSpace(string(modes.WriteYAMLValue(side.is, ""))))
			}
		}
	}
}

func (c *cli) modesRestore() *cobra.Command {
	var org, version string
	var dryRun bool
	cmd := c.does(&cobra.Command{
		Use:   "restore --org ORG MODE --version VERSION",
		Short: "Make an older version of a mode the current one, or bring a deleted one back",
		Long: `Makes an older version the current one, as a new version: nothing of the history is
lost. A deleted mode comes back under its id; "admin modes history --deleted" lists
them. --dry-run shows what would change.`,
		Example: `  admin modes restore --org acme docs --version 3 --dry-run
  admin modes restore --org acme docs --version 3`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.inOrganization(ctx, org, func(db *postgres.DB, o modes.Organization) error {
			id, err := modeID(ctx, db, o.ID, args[0])
			if err != nil {
				return err
			}
			old, err := versionAt(ctx, db, o.ID, id, version)
			if err != nil {
				return err
			}
			now, err := db.Mode(ctx, o.ID, id.String())
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			out := struct {
				Applied bool           `json:"applied"`
				ID      string         `json:"id"`
				Slug    string         `json:"slug"`
				Version int64          `json:"version"`
				Changes []modes.Change `json:"changes"`
			}{ID: id.String(), Slug: old.Object.Slug, Version: now.Version, Changes: append([]modes.Change{}, modes.Diff(now.Mode, old.Object.Mode)...)}
			if !dryRun {
				// Held to what was compared with.
				restored, err := db.RestoreMode(ctx, c.by(), o.ID, id, old.Version.Version, now.Version)
				if err != nil {
					return err
				}
				out.Applied, out.Version = true, restored.Version
			}
			return c.print(out, func(w io.Writer) {
				sayChanges(w, out.Changes)
				if dryRun {
					fmt.Fprintln(w, "Nothing was changed.")
				} else {
					fmt.Fprintf(w, "%s is as in version %d again; this is version %d.\n", out.Slug, old.Version.Version, out.Version)
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
