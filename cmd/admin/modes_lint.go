package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/editors"
	"orgmodes/internal/lint"
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
	cmd := c.run(&cobra.Command{
		Use:   "lint FILE|FOLDER|ARCHIVE.zip|-...",
		Short: "Check files of modes, and how editors would interpret them",
		Long: `Checks files of modes and reports, by mode and line, content that would be refused
(error), that an editor interprets differently from how it is written (warning), or
that is worth knowing about (note). It needs no database and changes nothing.

Exit codes: 0 no errors, 1 errors (with --strict: errors or warnings), 2 usage
error. --format sarif is for code scanning, and --rules lists the rules.`,
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
			if _, err := editors.Find(id); err != nil {
				return usage("--client must be one of %s, not %q", strings.Join(clientIDs(), ", "), id)
			}
		}
		if rules {
			return c.printRules()
		}
		if len(args) == 0 {
			return usage("a file, a folder or - is required")
		}
		defer c.progress("reading")()
		inputs, err := c.readInputs(args, modeFiles)
		if err != nil {
			return err
		}
		results := lintFiles(ctx, inputs, only)
		var b bytes.Buffer
		if err := writeReport(&b, format, results); err != nil {
			return err
		}
		if err := c.write(out, b.Bytes()); err != nil {
			return err
		}
		if lint.ExitCode(results, strict) != 0 {
			return errReported
		}
		return nil
	})
	cmd.Flags().StringVar(&format, "format", reportText, "output format: text, json or sarif")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the report to this file instead of standard output")
	cmd.Flags().BoolVar(&strict, "strict", false, "also fail on warnings")
	cmd.Flags().BoolVar(&rules, "rules", false, "list the rules")
	cmd.Flags().StringSliceVar(&only, "client", nil, "only findings that concern this editor ("+strings.Join(clientIDs(), ", ")+"); can be repeated")
	completeFlag(cmd, "format", reportText, reportJSON, reportSARIF)
	completeFlag(cmd, "client", clientIDs()...)
	return cmd
}

func writeReport(w io.Writer, format string, results []lint.Result) error {
	switch format {
	case reportText:
		return lint.WriteText(w, results)
	case reportJSON:
		return lint.WriteJSON(w, results)
	case reportSARIF:
		return lint.WriteSARIF(w, results, process.BuildInfo().Version)
	}
	return usage("--format must be text, json or sarif, not %q", format)
}

// lintFiles checks each file separately, and then all files for slugs that several of them
// have. The files of a folder can be meant for several organizations. The files of an
// archive are meant for one and are read together.
func lintFiles(ctx context.Context, files []upload.File, only []string) []lint.Result {
	var results []lint.Result
	for _, f := range files {
		if !transfer.IsArchive(f.Data) {
			results = append(results, lint.Check(ctx, f.Name, f.Data, only...))
			continue
		}
		folder, err := modes.ReadArchive(ctx, f.Data)
		if err != nil {
			results = append(results, lint.NewResult(modes.FileResult{Name: f.Name, Err: err}, only...))
			continue
		}
		for _, r := range folder.Files {
			r.Name = f.Name + "/" + r.Name
			results = append(results, lint.NewResult(r, only...))
		}
	}
	lint.Compare(results)
	return results
}

func (c *cli) printRules() error {
	list := slices.Concat(lint.ReportRules(), lint.Rules())
	return c.print(struct {
		Version int         `json:"version"`
		Rules   []lint.Rule `json:"rules"`
	}{lint.Version(), list}, func(w io.Writer) {
		writeTable(w, "RULE\tSEVERITY\tCLIENTS\tDESCRIPTION", func(row func(...any)) {
			for _, r := range list {
				clients := strings.Join(r.Clients, ", ")
				if clients == "" {
					clients = "all"
				}
				row(r.ID, r.Severity, clients, r.Title)
			}
		})
	})
}

func clientIDs() []string {
	var ids []string
	for _, c := range editors.All() {
		ids = append(ids, c.ID)
	}
	return ids
}
