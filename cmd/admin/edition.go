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

// editionsShown is how many of the newest editions are listed.
const editionsShown = 20

func (c *cli) editionList() *cobra.Command {
	return c.does(&cobra.Command{
		Use:   "list",
		Short: "The newest editions; the first one counts",
		Long: `An edition is a version of the renderer together with a set of built-in modes. A worker
with a new one raises it when it starts, and everything is published again; a
worker whose edition has been superseded stands aside.`,
	}, func(ctx context.Context, _ []string) error {
		return c.inDatabase(ctx, func(db *postgres.DB) error {
			editions, err := db.Editions(ctx, editionsShown)
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
	return c.does(&cobra.Command{
		Use:   "use NUMBER",
		Short: "Go back to an earlier edition on purpose",
		Long: `Makes an earlier edition the newest again, under a new number: workers that have it go
on, those that have the later one stand aside, and everything is published again.`,
		Example: "  admin edition list\n  admin edition use 3",
		Args:    cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		number, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || number < 1 {
			return fmt.Errorf("%q is not the number of an edition: see admin edition list", args[0])
		}
		return c.inDatabase(ctx, func(db *postgres.DB) error {
			raised, err := db.UseEdition(ctx, c.by(), number)
			if err != nil {
				return err
			}
			return c.print(map[string]int64{"edition": raised, "as": number}, func(w io.Writer) {
				fmt.Fprintf(w, "Edition %d counts again, as edition %d. Workers that have it publish everything again.\n", number, raised)
			})
		})
	})
}
