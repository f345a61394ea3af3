package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

func (c *cli) templatesResolve() *cobra.Command {
	var org, file, permissionMode, role, prompt string
	var tools []string
	var noTools bool
	cmd := &cobra.Command{
		Use:   "resolve --org ORG TEMPLATE",
		Short: "Show the permissions of an agent spawned from a permission template",
		Long: `Resolves the permissions of an agent that is spawned from a template, given by name or
id, with additional requests: as flags, or as the JSON that the API accepts
(--request). A request can only narrow the template's permissions; anything that
would widen them is refused and reported. Nothing is changed.`,
		Example: `  admin templates resolve --org acme "Code Expert"
  admin templates resolve --org acme "Code Expert" --permission-mode plan --tool read --tool "Bash(git diff:*)"
  echo '{"allowed_tools": []}' | admin templates resolve --org acme "Code Expert" --request - --json`,
		Args: cobra.ExactArgs(1),
	}
	c.run(cmd, func(ctx context.Context, args []string) error {
		body := []byte("{}")
		var err error
		if file != "" {
			body, err = c.read(file)
		} else {
			request := map[string]any{}
			for name, value := range map[string]any{"permission-mode": permissionMode, "role": role, "system-prompt": prompt} {
				if cmd.Flags().Changed(name) {
					request[strings.ReplaceAll(name, "-", "_")] = value
				}
			}
			if noTools || len(tools) > 0 {
				request["allowed_tools"] = append([]string{}, tools...)
			}
			body, err = json.Marshal(request)
		}
		if err != nil {
			return err
		}
		return c.withOrganization(ctx, org, func(db *postgres.DB, o organization.Organization) error {
			request, err := templates.ReadRequest(body, db.Tools)
			if err != nil {
				return err
			}
			t, err := db.Templates.Get(ctx, o.ID, args[0])
			if err != nil {
				return err
			}
			resolved := templates.Resolve(t.Template, request)
			return c.print(resolved, func(w io.Writer) { printResolution(w, resolved) })
		})
	})
	addOrgFlag(cmd, &org)
	cmd.Flags().StringVar(&file, "request", "", `file with the request as JSON, or "-" for standard input`)
	cmd.Flags().StringVar(&permissionMode, "permission-mode", "", "request this permission mode")
	cmd.Flags().StringArrayVar(&tools, "tool", nil, "request this tool or rule; can be repeated")
	cmd.Flags().BoolVar(&noTools, "no-tools", false, "request no tools")
	cmd.Flags().StringVar(&role, "role", "", "request this role")
	cmd.Flags().StringVar(&prompt, "system-prompt", "", "request this system prompt")
	for _, flag := range []string{"permission-mode", "tool", "no-tools", "role", "system-prompt"} {
		cmd.MarkFlagsMutuallyExclusive("request", flag)
	}
	cmd.MarkFlagsMutuallyExclusive("tool", "no-tools")
	var names []string
	for _, m := range templates.PermissionModes() {
		names = append(names, string(m.Mode))
	}
	completeFlag(cmd, "permission-mode", names...)
	return cmd
}

func printResolution(w io.Writer, r templates.Resolution) {
	tools := "none without asking"
	if len(r.AllowedTools.Value) > 0 {
		tools = strings.Join(r.AllowedTools.Value, ", ")
	}
	writeTable(w, "SETTING\tFROM\tVALUE", func(row func(...any)) {
		row("permission mode", r.PermissionMode.From, r.PermissionMode.Value)
		row("allowed tools", r.AllowedTools.From, tools)
		for _, text := range []struct {
			what string
			is   templates.Setting[*string]
		}{{"role", r.Role}, {"system prompt", r.SystemPrompt}} {
			is := "none"
			if text.is.Value != nil {
				is = *text.is.Value
			}
			row(text.what, text.is.From, is)
		}
	})
	for _, refused := range r.Refused {
		fmt.Fprintf(w, "refused %s, %s: %s\n", refused.Pointer, refused.Asked, refused.Reason)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
}
