package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

var templateHistory = &historyCommands{
	kind: templates.KindName, group: "templates", refNoun: "name or id", example: "Reviewer",
	columns: "NAME\tTEMPLATE", cells: func(v listedVersion) []any { return []any{v.Name, v.TemplateID} },
	describe: func(out *listedVersion, o resource.Object) { out.TemplateID, out.Name = o.ID.String(), o.Spec.Title() },
}

func (c *cli) templatesList() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "list --org ORG", Short: "List an organization's permission templates", Example: "  admin templates list --org acme --json",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			all, err := db.Templates.List(ctx, o.ID)
			if err != nil {
				return err
			}
			all = templates.Sorted(all)
			return c.print(struct {
				Templates []templates.OrganizationTemplate `json:"templates"`
			}{all}, func(w io.Writer) {
				writeTable(w, "NAME\tPERMISSION MODE\tALLOWS\tUPDATED\tID", func(row func(...any)) {
					for _, t := range all {
						row(t.Name, t.PermissionMode, t.DescribeTools(), t.UpdatedAt.Format(time.DateTime), t.ID)
					}
				})
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func (c *cli) templatesGet() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use: "get --org ORG TEMPLATE", Short: "Show a permission template, by name or id", Example: `  admin templates get --org acme "Code Expert"`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			t, err := db.Templates.Get(ctx, o.ID, args[0])
			if err != nil {
				return err
			}
			return c.print(t, func(w io.Writer) {
				fmt.Fprintf(w, "%s (%s)\n%s, allows %s\n", t.Name, t.ID, t.PermissionMode, t.DescribeTools())
				for _, tool := range t.AllowedTools {
					fmt.Fprintf(w, "  %s\n", tool)
				}
				printTexts(w, t.DefaultRole, t.DefaultSystemPrompt, t.Description)
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}

func printTexts(w io.Writer, role, prompt, description *string) {
	for _, text := range []struct {
		what string
		is   *string
	}{{"Description", description}, {"Role", role}, {"System prompt", prompt}} {
		if text.is != nil {
			fmt.Fprintf(w, "%s: %s\n", text.what, *text.is)
		}
	}
}

func (c *cli) templatesRestoreDefaults() *cobra.Command {
	var org string
	cmd := c.run(&cobra.Command{
		Use:   "restore-defaults --org ORG",
		Short: "Add the default templates that are missing",
		Long: `Adds the default templates, except any whose name the organization already uses. It does
not change other templates.`,
		Example: "  admin templates restore-defaults --org acme",
	}, func(ctx context.Context, _ []string) error {
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			added, err := db.AddDefaultTemplates(ctx, c.by(), o.ID)
			if err != nil {
				return err
			}
			return c.print(struct {
				Added []templates.OrganizationTemplate `json:"added"`
			}{append([]templates.OrganizationTemplate{}, added...)}, func(w io.Writer) {
				if len(added) == 0 {
					fmt.Fprintln(w, "No default templates are missing; no changes were made.")
				}
				for _, t := range added {
					fmt.Fprintf(w, "Added %s (%s).\n", t.Name, t.ID)
				}
			})
		})
	})
	addOrgFlag(cmd, &org)
	return cmd
}
