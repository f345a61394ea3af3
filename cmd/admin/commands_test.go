package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/password"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
)

func TestOrganizationSetup(t *testing.T) {
	i := newInstallation(t)

	org := i.call("org", "create", "--slug", "acme", "--name", "Acme", "--if-not-exists", "--json").ok().json()
	require.Equal(t, true, org["created"])
	require.Equal(t, "acme", org["slug"])
	again := i.call("org", "create", "--slug", "acme", "--name", "Acme", "--if-not-exists", "--json").ok().json()
	require.Equal(t, false, again["created"])
	require.Equal(t, org["id"], again["id"])
	i.call("org", "create", "--slug", "acme", "--name", "Acme").failed(1, "already exists")
	i.call("org", "create", "--slug", "Not A Slug", "--name", "Acme").failed(1, "lower-case letters")

	user := i.callWith("correct horse battery\n", "user", "create", "--email", "olive@acme.example", "--name", "Olive", "--password-stdin", "--if-not-exists", "--json").ok().json()
	require.Equal(t, true, user["created"])
	require.Equal(t, false, i.callWith("staple gun morning\n", "user", "create", "--email", "OLIVE@acme.example", "--name", "Olive", "--password-stdin", "--if-not-exists", "--json").ok().json()["created"])
	i.callWith("short", "user", "create", "--email", "x@acme.example", "--name", "X", "--password-stdin").failed(1, "at least 12 characters")
	i.callWith("oliveolive2026\n", "user", "create", "--email", "olive2@acme.example", "--name", "Olive", "--password-stdin").failed(1, "easy to guess")
	i.callWith("passwordpassword\n", "user", "set-password", "--email", "olive@acme.example", "--password-stdin").failed(1, "easy to guess")
	db, err := postgres.Open(t.Context(), i.app)
	require.NoError(t, err)
	defer db.Close()
	existing, err := db.UserByEmail(t.Context(), "olive@acme.example")
	require.NoError(t, err)
	checker, err := password.NewChecker(1)
	require.NoError(t, err)
	matches, err := checker.Verify(t.Context(), existing.PasswordHash, "correct horse battery")
	require.NoError(t, err)
	require.True(t, matches, "the line end is no part of it, and the second call left it alone")

	for range 2 { // the second call changes nothing
		i.call("member", "add", "--org", "acme", "--email", "olive@acme.example", "--role", "owner").ok()
	}
	i.call("member", "add", "--org", "acme", "--email", "olive@acme.example", "--role", "member").failed(1, "as owner")
	i.call("member", "add", "--org", "acme", "--email", "olive@acme.example", "--role", "member", "--if-not-exists").ok()
	i.call("member", "add", "--org", "acme", "--email", "no@one.example", "--role", "member").failed(1, "no account has the email address")
	i.call("member", "remove", "--org", "acme", "--email", "olive@acme.example").failed(1, "last owner")
	require.Len(t, i.call("member", "list", "--org", "acme", "--json").ok().json()["members"], 1)

	created := i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "My editor", "--scope", "read", "--scope", "write", "--expires-in", "90d", "--json").ok().json()
	require.Contains(t, created["token"], created["start"])
	require.NotNil(t, created["expires_at"])
	plain := i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "My editor").ok()
	require.Regexp(t, `^omt_k1_[0-9A-Za-z]{44}\n$`, plain.stdout, "alone on the standard output, to be taken by a script")
	require.Contains(t, plain.stderr, "not shown again")
	i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "x", "--expires-in", "soon").failed(2, "90d")
	list := i.call("token", "list", "--org", "acme", "--json").ok()
	require.Len(t, list.json()["tokens"], 2)
	require.NotContains(t, list.stdout, created["token"])
	i.call("token", "revoke", "--org", "acme", created["id"].(string)).ok()
	require.Contains(t, i.call("token", "list", "--org", "acme").ok().stdout, "revoked")

	require.Contains(t, i.call("org", "list").ok().stdout, "acme")
	entries, _, err := db.AuditPage(t.Context(), mustOrganization(t, db).ID, postgres.AuditFilter{Limit: 100}, 64<<20)
	require.NoError(t, err)
	require.Len(t, entries, 5+4, "organization, the templates that came with it, member, two tokens, a revocation")
	for _, e := range entries {
		require.Equal(t, "operator", string(e.By.Actor.Kind))
		require.NotEmpty(t, e.By.Actor.Name)
		require.Equal(t, "command line", e.By.Source)
	}
}

func TestDisableUser(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	i.call("user", "create", "--email", "olive@acme.example", "--name", "Olive").ok()
	i.call("member", "add", "--org", "acme", "--email", "olive@acme.example", "--role", "owner").ok()
	i.call("user", "disable", "--email", "nobody@acme.example").failed(1, "no account has the email address")
	done := i.call("user", "disable", "--email", "olive@acme.example", "--json").ok().json()
	require.Equal(t, true, done["disabled"])
	require.Equal(t, true, done["changed"])
	require.Equal(t, []any{"acme"}, done["ownerless"])
	require.Contains(t, i.call("user", "disable", "--email", "olive@acme.example").ok().stdout, "no changes were made")
	i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "x").failed(1, "is disabled")
	require.Contains(t, i.call("user", "enable", "--email", "olive@acme.example").ok().stdout, "is enabled")
	i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "x").ok()
	i.call("token", "create", "--org", "acme", "--email", "olive@acme.example", "--name", "x", "--scope", "write").failed(1, "requires read")
}

func TestInvitationCommands(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	created := i.call("invitation", "create", "--org", "acme", "--email", "ada@acme.example", "--role", "member", "--json").ok().json()
	i.call("invitation", "create", "--org", "acme", "--email", "ada@acme.example", "--role", "member").failed(1, "invited already")
	i.call("invitation", "create", "--org", "acme", "--email", "bob@acme.example", "--role", "boss").failed(2, "--role must be")
	require.Contains(t, i.call("invitation", "list", "--org", "acme").ok().stdout, "ada@acme.example")
	i.call("invitation", "withdraw", "--org", "acme", "x").failed(2, "not an invitation id")
	i.call("invitation", "withdraw", "--org", "acme", created["id"].(string)).ok()
	require.Empty(t, i.call("invitation", "list", "--org", "acme", "--json").ok().json()["invitations"])
	i.call("invitation", "withdraw", "--org", "acme", created["id"].(string)).failed(1, "no such invitation")
}

func TestModeImportAndExport(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	samples := i.call("modes", "samples").ok().stdout
	require.True(t, strings.HasPrefix(samples, "customModes:") || strings.HasPrefix(samples, "#"))

	plan := i.callWith(samples, "modes", "import", "--org", "acme", "-", "--dry-run", "--json").ok().json()
	require.Equal(t, false, plan["applied"])
	done := i.callWith(samples, "modes", "import", "--org", "acme", "-", "--json").ok().json()
	require.Equal(t, true, done["applied"])
	require.Equal(t, plan["summary"], done["summary"])
	require.Contains(t, i.callWith(samples, "modes", "import", "--org", "acme", "-").ok().stdout, "no changes were made; at revision 2", "the same again")

	exported := i.call("modes", "export", "--org", "acme").ok().stdout
	require.Contains(t, i.callWith(exported, "modes", "import", "--org", "acme", "-").ok().stdout, "0 to update")
	require.Contains(t, i.call("modes", "export", "--org", "acme", "--view", "merged").ok().stdout, "slug: architect")
	require.NotEmpty(t, i.call("modes", "export", "--org", "acme", "--slug", "code", "--format", "json").ok().json()["customModes"])
	require.NotEmpty(t, i.call("modes", "list", "--org", "acme", "--json").ok().json()["modes"])

	file := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`customModes:
  - slug: good
    name: Good
    roleDefinition: You do.
    groups: [read]
  - slug: bad
    name: Bad
    groups: [fly]
`), 0o600))
	refused := i.call("modes", "import", "--org", "acme", file).failed(1, "Nothing was imported")
	require.Contains(t, refused.stdout, file+":8:14: /config/groups/0", "where an editor finds it")
	require.Equal(t, false, i.call("modes", "import", "--org", "acme", file, "--json").failed(1, "Nothing").json()["applied"])
	require.NotContains(t, i.call("modes", "list", "--org", "acme").ok().stdout, "good")
	i.call("modes", "import", "--org", "acme", file, "--only-valid").ok()
	require.Contains(t, i.call("modes", "list", "--org", "acme").ok().stdout, "good")
	i.call("modes", "import", "--org", "acme", filepath.Join(t.TempDir(), "none")).failed(1, "no such file")
	i.call("modes", "list", "--org", "nope").failed(1, `there is no organization "nope"`)
}

// TestDryRunPrintsAdvice checks that a dry run prints the advice below each
// mode, with its position in the file, and each fix only once. An import that is not a dry
// run prints no advice.
func TestDryRunPrintsAdvice(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	file := filepath.Join("testdata", "lint", "team.yaml")
	dry := i.call("modes", "import", "--org", "acme", file, "--dry-run").ok().stdout
	golden := filepath.Join("testdata", "dry_run.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(dry), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), dry)

	line := i.call("modes", "import", "--org", "acme", file, "--dry-run", "--json").ok().json()["modes"].([]any)[0].(map[string]any)
	require.Equal(t, "docs-writer", line["slug"])
	require.Len(t, line["advice"], 1)
	advice := line["advice"].([]any)[0].(map[string]any)
	require.Equal(t, "file-regex-is-glob", advice["rule"])
	require.EqualValues(t, 10, advice["line"])

	refused := i.call("modes", "import", "--org", "acme", file).failed(1, "Nothing was imported").stdout
	require.NotContains(t, refused, "file-regex-is-glob", "which would hide what it is refused for")
	done := i.call("modes", "import", "--org", "acme", file, "--only-valid").ok().stdout
	require.NotContains(t, done, "file-regex-is-glob")
}

func TestPublish(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	i.call("publish").failed(2, "--org or --all")
	i.call("publish", "--org", "acme", "--wait", "--timeout", "50ms").failed(1, "check that a worker is running")
	require.InDelta(t, 1, i.call("publish", "--all", "--json").ok().json()["organizations"], 0)
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"org"},
		{"fly"},
		{"org", "fly"},
		{"org", "create"},
		{"org", "create", "--slug"},
		{"modes", "import", "--org", "x"},
		{"migrate", "now"},
		{"token", "create", "--nope"},
	} {
		e := call(t, nil, "", args...)
		e.failed(2, "--help")
	}
	call(t, nil, "", "org", "list").failed(2, "DATABASE_URL: not set")
	call(t, nil, "", "migrate").failed(2, "MIGRATE_DATABASE_URL")
	serve := call(t, []string{"TOKEN_KEYS=x", "DATABASE_URL=postgres://x", "PUBLIC_URL=http://modes.example.com", "TRUSTED_PROXIES=here", "PRIVATE_HOSTS=a:1"}, "", "serve")
	serve.failed(2, "TOKEN_KEYS")
	require.Contains(t, serve.stderr, "in the clear")
	require.Contains(t, serve.stderr, `"here" is neither`)
	require.Contains(t, serve.stderr, `"a:1" is not a host name`)
	for _, args := range [][]string{{"--help"}, {"modes", "import", "--help"}, {"epoch", "raise", "--help"}, {"serve", "--help"}} {
		require.Contains(t, call(t, nil, "", args...).ok().stdout, "Examples:", args)
	}
}

func TestPostgresUnavailableOrEmpty(t *testing.T) {
	unavailable := call(t, []string{"DATABASE_URL=postgres://me:hunter2@127.0.0.1:1/x"}, "", "org", "list")
	unavailable.failed(1, "can't connect to Postgres at 127.0.0.1:1/x: check that it is running")
	require.NotContains(t, unavailable.stderr, "hunter2")
	require.Len(t, strings.Split(strings.TrimSpace(unavailable.stderr), "\n"), 1, "one sentence")

	empty := storetest.EmptyPostgres(t)
	call(t, []string{"DATABASE_URL=" + empty}, "", "org", "list").failed(1, "run `admin migrate` first")
	for range 2 {
		call(t, []string{"DATABASE_URL=postgres://127.0.0.1:1/x", "MIGRATE_DATABASE_URL=" + empty}, "", "migrate").ok()
	}
	call(t, []string{"DATABASE_URL=" + empty}, "", "org", "list").ok()
}
