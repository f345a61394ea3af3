package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/fault"
	"orgmodes/internal/upload"
)

// tester is the common subset of testing.T and rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
}

// formatError formats an error for golden files.
func formatError(err error) string {
	f, ok := fault.As(err)
	if !ok {
		return fmt.Sprintf("NOT A FAULT: %v\n", err)
	}
	return fmt.Sprintf("%s: %s\n%s", f.Code, f.Message, formatFields(f.Fields))
}

func formatFields(fields []fault.Field) string {
	var b strings.Builder
	for _, p := range fields {
		fmt.Fprintf(&b, "    %d:%d %s: %s\n", p.Line, p.Column, p.Pointer, p.Detail)
	}
	return b.String()
}

// pythonFolder returns the files of testdata/python, which Python wrote.
func pythonFolder(tb testing.TB) []upload.File {
	tb.Helper()
	paths, err := filepath.Glob("testdata/python/*.json")
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	files := make([]upload.File, len(paths))
	for i, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(tb, err)
		files[i] = upload.File{Name: filepath.Base(path), Data: data}
	}
	return files
}

func id(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("0190a5a0-0000-7000-8000-%012d", n)) }

var organization = id(999)

// defaultOrganization returns the templates of a new organization.
func defaultOrganization() []OrganizationTemplate {
	var all []OrganizationTemplate
	for i, t := range Defaults() {
		all = append(all, OrganizationTemplate{
			Template: t, ID: id(i + 1), OrganizationID: organization, CreatedBy: "user-1", UpdatedBy: "user-2", Version: int64(i + 1),
			CreatedAt: time.Date(2025, 1, 2, 3, 4, 5, 6000*i, time.UTC), UpdatedAt: time.Date(2025, 12, 31, 23, 59, 59, 999999000, time.UTC),
		})
	}
	return all
}

// The generators draw from few values, so that equal ones are likely.

func drawText() *rapid.Generator[*string] {
	return rapid.Custom(func(t *rapid.T) *string {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		s := strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
		return &s
	})
}

func drawRule() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"Bash", "bash", "Bash(*)", "Bash(git:*)", "bash(git:*)", "Bash(git *)", "Bash(git status:*)", "Bash(git status)", "Bash(git)", "Bash(gitk)",
		"Bash(git status; rm -rf .)", "Bash(git*)", "Bash(git status && git push)", "Bash(rm:*)", "Bash(git $(rm x))",
		"Read", "read", "Edit", "Edit(src/**)", "edit(src/a/**)", "Edit(src/a.go)", "Edit(src/../x)", "Edit(src/)", "Edit(src/{a,../../b})", "Edit(*)", "Write(src/**)",
		"mcp__s__t", "mcp__s__*", "mcp__s__t__u", "mcp__other__t", "mcp__s", "mcp__s__t*", "mcp__s__tx*", "mcp__other",
		"Agent", "Agent(Explore)", "Agent(Plan)", "Skill", "Skill(deploy)", "Skill(deploy *)", "Skill(deploy prod)", "WebFetch", "WebFetch(domain:example.com)", "send_comm",
	})
}

func drawTemplate() *rapid.Generator[Template] {
	return rapid.Custom(func(t *rapid.T) Template {
		name := rapid.OneOf(
			rapid.SampledFrom([]string{"A", "a", "B", "B (2)", "Foo Bar", "foo-bar", "Prüfer"}),
			rapid.StringMatching(`[A-Za-zÀ-ž0-9][A-Za-z \-_.!?()"'\\<>&0-9🔍]{0,20}[A-Za-z0-9]`),
		).Draw(t, "name")
		return Template{
			Name:                name,
			PermissionMode:      rapid.SampledFrom(byWidth).Draw(t, "mode"),
			AllowedTools:        rapid.SliceOfNDistinct(drawRule(), 0, 6, rapid.ID).Draw(t, "tools"),
			DefaultRole:         drawText().Draw(t, "role"),
			DefaultSystemPrompt: drawText().Draw(t, "prompt"),
			Description:         drawText().Draw(t, "description"),
		}.Normalized()
	})
}

func drawTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, "µs")).UTC()
	})
}

// drawOrganization draws templates with distinct names, as in an organization.
func drawOrganization() *rapid.Generator[[]OrganizationTemplate] {
	return rapid.Custom(func(t *rapid.T) []OrganizationTemplate {
		templates := rapid.SliceOfNDistinct(drawTemplate(), 0, 6, func(t Template) string { return NameKey(t.Name) }).Draw(t, "templates")
		all := make([]OrganizationTemplate, len(templates))
		for i, d := range templates {
			all[i] = OrganizationTemplate{
				Template: d, ID: id(i + 1), OrganizationID: organization, Version: rapid.Int64Range(1, 1<<50).Draw(t, "version"),
				CreatedAt: drawTime().Draw(t, "created"), UpdatedAt: drawTime().Draw(t, "updated"),
			}
		}
		return all
	})
}

// Stored returns the template in the form of a file, with the id and the times from the file.
func (e Entry) Stored() OrganizationTemplate {
	return OrganizationTemplate{Template: e.Template, ID: e.ID, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt}
}
