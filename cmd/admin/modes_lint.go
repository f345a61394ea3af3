package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/advice"
	"orgmodes/internal/clients"
	"orgmodes/internal/modes"
	"orgmodes/internal/process"
	"orgmodes/internal/upload"
)

// The formats of a report.
const (
	reportText  = "text"
	reportJSON  = "json"
	reportSARIF = "sarif"
)

func (c *cli) modesLint() *cobra.Command {
	var format, out string
	var strict, rules bool
	var only []string
	cmd := c.does(&cobra.Command{
		Use:   "lint FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Say what is wrong with files of modes, and what editors would make of them",
		Long: `Reads files of modes and says, mode by mode and line by line, what would be refused
(error), what some editor understands differently from what it says (warning), and
what is worth knowing (note). It needs no database, and changes nothing.

Exit codes: 0 nothing is wrong, 1 there are errors (with --strict: or warnings), 2
the call was not understood. --format sarif is for code scanning, --rules lists
what is looked for.`,
		Example: `  admin modes lint .roomodes
  admin modes lint --strict --client kilo-cli-7 team-modes/
  admin modes lint --format sarif --output modes.sarif .roomodes
  git show HEAD:.roomodes | admin modes lint -`,
		Args: cobra.ArbitraryArgs,
	}, func(ctx context.Context, args []string) error {
		if c.json {
			format = reportJSON
		}
		for _, id := range only {
			if _, err := clients.Find(id); err != nil {
				return usage("a client is one of %s, not %q", strings.Join(clientIDs(), ", "), id)
			}
		}
		if rules {
			return c.sayRules()
		}
		if len(args) == 0 {
			return usage("say which files to read")
		}
		defer c.working("reading")()
		brought, err := c.bring(args, filesOfModes)
		if err != nil {
			return err
		}
		results := judge(ctx, brought, only)
		var b bytes.Buffer
		if err := report(&b, format, results); err != nil {
			return err
		}
		if err := c.write(out, b.Bytes()); err != nil {
			return err
		}
		if advice.ExitCode(results, strict) != 0 {
			return errSaid
		}
		return nil
	})
	cmd.Flags().StringVar(&format, "format", reportText, "text, json or sarif")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the report to this file")
	cmd.Flags().BoolVar(&strict, "strict", false, "fail on warnings too")
	cmd.Flags().BoolVar(&rules, "rules", false, "list what is looked for")
	cmd.Flags().StringSliceVar(&only, "client", nil, "only what concerns this editor ("+strings.Join(clientIDs(), ", ")+"); may be given several times")
	completes(cmd, "format", reportText, reportJSON, reportSARIF)
	completes(cmd, "client", clientIDs()...)
	return cmd
}

func report(w io.Writer, format string, results []advice.Result) error {
	switch format {
	case reportText:
		return advice.WriteText(w, results)
	case reportJSON:
		return advice.WriteJSON(w, results)
	case reportSARIF:
		return advice.WriteSARIF(w, results, process.BuildOf().Version)
	}
	return usage("a format is text, json or sarif, not %q", format)
}

// judge checks each file separately, and then all files for slugs that several of them
// have. The files of a folder can be meant for several organizations. The files of an
// archive are meant for one and are read together.
func judge(ctx context.Context, brought []upload.File, only []string) []advice.Result {
	var results []advice.Result
	for _, f := range brought {
		if !files.IsArchive(f.Data) {
			results = append(results, advice.Check(ctx, f.Name, f.Data, only...))
			continue
		}
		folder, err := modes.ReadArchive(ctx, f.Data)
		if err != nil {
			results = append(results, advice.Judge(modes.FileResult{Name: f.Name, Err: err}, only...))
			continue
		}
		for _, r := range folder.Files {
			r.Name = f.Name + "/" + r.Name
			results = append(results, advice.Judge(r, only...))
		}
	}
	advice.Compare(results)
	return results
}

func (c *cli) sayRules() error {
	list := slices.Concat(advice.ReportRules(), advice.Rules())
	return c.print(struct {
		Version int           `json:"version"`
		Rules   []advice.Rule `json:"rules"`
	}{advice.Version(), list}, func(w io.Writer) {
		table(w, "RULE\tSEVERITY\tCLIENTS\tWHAT", func(row func(...any)) {
			for _, r := range list {
				who := strings.Join(r.Clients, ", ")
				if who == "" {
					who = "all"
				}
				row(r.ID, r.Severity, who, r.Title)
			}
		})
	})
}

func clientIDs() []string {
	var ids []string
	for _, c := range clients.All() {
		ids = append(ids, c.ID)
	}
	return ids
}
