package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

func (c *cli) templatesExport() *cobra.Command {
	var org, out, folder string
	var e transfer.TemplateExport
	cmd := c.run(&cobra.Command{
		Use:   "export --org ORG [--template TEMPLATE]... (--folder FOLDER | [--format FORMAT] [--output FILE])",
		Short: "Export an organization's permission templates as files",
		Long: `Exports permission templates as a folder of {template_id}.json files, as a zip file of
such a folder, as the file of one template, as an envelope or as a list. Importing
an export results in the same templates. Existing files in a folder are kept, except
the files of exported templates, which are replaced.`,
		Example: `  admin templates export --org acme --folder templates/
  admin templates export --org acme --format json
  admin templates export --org acme --template "Code Expert" --format file`,
	}, func(ctx context.Context, _ []string) error {
		if c.json {
			e.Format = transfer.FormatArray
		}
		if !slices.Contains(transfer.TemplateFormats(), e.Format) {
			return usage("--format must be one of %s, not %q", strings.Join(transfer.TemplateFormats(), ", "), e.Format)
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			if folder != "" {
				return c.exportFolder(ctx, db, o.ID, e, folder)
			}
			data, err := transfer.WriteTemplates(ctx, db, o.ID, e)
			if err != nil {
				return err
			}
			return c.write(out, data)
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&e.Format, "format", transfer.FormatZip, "output format: "+strings.Join(transfer.TemplateFormats(), ", "))
	cmd.Flags().StringVar(&folder, "folder", "", "write one {template_id}.json file per template to this folder")
	cmd.Flags().StringArrayVar(&e.Refs, "template", nil, "only this template, by name or id; can be repeated")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard output")
	cmd.MarkFlagsMutuallyExclusive("folder", "format")
	cmd.MarkFlagsMutuallyExclusive("folder", "output")
	completeFlag(cmd, "format", transfer.TemplateFormats()...)
	return cmd
}

func (c *cli) exportFolder(ctx context.Context, db *postgres.DB, org uuid.UUID, e transfer.TemplateExport, folder string) error {
	all, err := e.Select(ctx, db, org)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	written := []string{}
	for _, f := range templates.WriteFolder(all) {
		path := filepath.Join(folder, f.Name)
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
		written = append(written, path)
	}
	return c.print(struct {
		Files []string `json:"files"`
	}{written}, func(w io.Writer) {
		for _, path := range written {
			fmt.Fprintln(w, path)
		}
	})
}
