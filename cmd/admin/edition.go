package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/postgres"
)

// maxEditions is how many of the newest editions are listed.
const maxEditions = 20

func (c *cli) editionList() *cobra.Command {
	return c.run(&cobra.Command{
		Use:   "list",
		Short: "List the newest editions; the first one is in effect",
		Long: `An edition is a version of the renderer together with a set of built-in modes. A worker
with a new combination raises the edition when it starts, and everything is
republished. A worker whose edition has been superseded pauses publishing.`,
	}, func(ctx context.Context, _ []string) error {
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			editions, err := db.Editions(ctx, maxEditions)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"editions": editions}, func(w io.Writer) {
				tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintln(tw, "EDITION\tRENDERER\tBUILT-IN MODES\tRAISED")
				for _, e := range editions {
					fmt.Fprintf(tw, "%d\t%d\t%s\t%s\n", e.Number, e.Renderer, e.Builtins, e.RaisedAt.Format(time.RFC3339))
				}
				_ = tw.Flush()
			})
		})
	})
}

func (c *cli) editionUse() *cobra.Command {
	return c.run(&cobra.Command{
		Use:   "use NUMBER",
		Short: "Make an earlier edition the current one",
		Long: `Makes an earlier edition the newest one, under a new number. Workers that have it resume
publishing, workers that have the later one pause, and everything is republished.`,
		Example: "  admin edition list\n  admin edition use 3",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		number, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || number < 1 {
			return fmt.Errorf("%q is not an edition number; `admin edition list` lists them", args[0])
		}
		return c.withDatabase(ctx, func(db *postgres.DB) error {
			edition, err := db.ReactivateEdition(ctx, c.by(), number)
			if err != nil {
				return err
			}
			return c.print(map[string]int64{"edition": edition, "as": number}, func(w io.Writer) {
				fmt.Fprintf(w, "Edition %d is in effect again, as edition %d. Workers that have it republish everything.\n", number, edition)
			})
		})
	})
}
