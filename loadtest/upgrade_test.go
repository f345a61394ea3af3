package loadtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/endpoint"
	"orgmodes/internal/prove"
)

// previousRelease is the commit that installations are upgraded from.
const previousRelease = "1732b20317350f9f95f2a51005c487a005d59a3d"

// buildRelease builds the programs of a commit and returns their directory.
func buildRelease(t *testing.T, commit string) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}").Output()
	require.NoError(t, err)
	source, out := t.TempDir(), t.TempDir()
	archive := exec.CommandContext(t.Context(), "sh", "-c", `git archive "$1" | tar -x -C "$2"`, "sh", commit, source)
	archive.Dir = strings.TrimSpace(string(root))
	if output, err := archive.CombinedOutput(); err != nil || len(output) > 0 {
		t.Skipf("the history of this clone lacks the previous release %s: %v %s", commit, err, output)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", out, "./cmd/admin", "./cmd/worker", "./cmd/reader")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return out
}

// statuses counts the statuses of polls by client.
type statuses struct {
	mu sync.Mutex
	of map[string]int
}

func (s *statuses) add(sender string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[fmt.Sprint(sender, " ", status)]++
}

// An installation is upgraded while its programs run. Programs of the previous release and
// of this one share the same stores, and each sees the other's writes. Nothing is lost, and
// every poll is answered with 200 or 304.
func TestRollingUpgradeFromPreviousRelease(t *testing.T) {
	prove.Long(t)
	before := buildRelease(t, previousRelease)
	owner := storetest.EmptyPostgres(t)
	f := newFleetOn(t, owner)
	old := &fleet{t: t, dir: before, owner: owner, app: f.app, db: f.db, redis: f.redis, prefix: f.prefix, children: f.children}
	migrate := func(release *fleet) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(release.dir, "admin"), "migrate")
		cmd.Env = append(withoutSettings(os.Environ()), "DATABASE_URL="+owner, "TOKEN_KEYS="+tokenKeys)
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
	migrate(old)

	old.command("org", "create", "--slug", "acme", "--name", "Acme")
	old.command("user", "create", "--email", "ada@example.com", "--name", "Ada")
	old.command("member", "add", "--org", "acme", "--email", "ada@example.com", "--role", "owner")
	var created struct {
		Token string `json:"token"`
	}
	output := old.command("token", "create", "--org", "acme", "--email", "ada@example.com", "--name", "upgrade", "--scope", "read", "--scope", "write", "--json")
	require.NoError(t, json.Unmarshal([]byte(output), &created), output)

	old.startAdmin()
	old.start("worker", "")
	admins, readers := []string{old.admin}, []string{old.startReader()}

	client := &http.Client{Timeout: waitTimeout}
	defer client.CloseIdleConnections()
	send := func(method, url, etag, body string) (status int, tag, answer string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+created.Token)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		res, err := client.Do(req)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, res.Header.Get("ETag"), string(text)
	}
	library := func(admin string) string { return admin + "/api/v1/organizations/acme" }

	// Create the objects to change: a mode that names a template, and the template.
	status, _, answer := send("POST", library(admins[0])+"/templates", "", `{"name":"Guard","permission_mode":"plan","allowed_tools":["Read"]}`)
	require.Equal(t, 201, status, answer)
	status, _, answer = send("POST", library(admins[0])+"/modes", "", `{"slug":"docs","name":"Docs","config":{"roleDefinition":"r","groups":["read"],"permissionTemplate":"Guard"}}`)
	require.Equal(t, 201, status, answer)
	var organization struct {
		ID string `json:"id"`
	}
	_, _, answer = send("GET", library(admins[0]), "", "")
	require.NoError(t, json.Unmarshal([]byte(answer), &organization), answer)
	documents := []string{endpoint.Path(organization.ID, endpoint.ModesYAML), endpoint.Path(organization.ID, endpoint.TemplatesJSON)}
	for _, d := range documents {
		f.await("served", func() error {
			if status, _, _ := send("GET", readers[0]+d, "", ""); status != 200 {
				return fmt.Errorf("%s: %d", d, status)
			}
			return nil
		})
	}

	// Editors poll during the whole test.
	answers := statuses{of: map[string]int{}}
	ctx, stop := context.WithCancel(t.Context())
	var editors sync.WaitGroup
	poll := func(sender, reader string) {
		editors.Go(func() {
			tags := make([]string, len(documents))
			for ctx.Err() == nil {
				for i, d := range documents {
					status, tag, _ := send("GET", reader+d, tags[i], "")
					answers.add(sender, status)
					tags[i] = tag
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	defer editors.Wait()
	defer stop()
	poll("the previous release", readers[0])

	number := 0
	change := func() (mode, template string) {
		t.Helper()
		for range 2 {
			number++
			admin := library(admins[number%len(admins)])
			if number/2%2 == 0 {
				mode = fmt.Sprintf("change %d.", number)
				status, _, answer := send("PATCH", admin+"/modes/docs", "", `{"config":{"roleDefinition":"`+mode+`"}}`)
				require.Equal(t, 200, status, answer)
			} else {
				template = fmt.Sprintf("change %d.", number)
				status, _, answer := send("PATCH", admin+"/templates/Guard", "", `{"description":"`+template+`"}`)
				require.Equal(t, 200, status, answer)
			}
		}
		return mode, template
	}
	// visible waits until every admin and every reader has the latest change.
	visible := func(mode, template string) {
		t.Helper()
		for _, admin := range admins {
			if _, _, answer := send("GET", library(admin)+"/modes/docs", "", ""); mode != "" {
				require.Contains(t, answer, mode)
			}
			if _, _, answer := send("GET", library(admin)+"/templates/Guard", "", ""); template != "" {
				require.Contains(t, answer, template)
			}
		}
		for _, reader := range readers {
			f.await("the change is served", func() error {
				_, _, modes := send("GET", reader+documents[0], "", "")
				_, _, templates := send("GET", reader+documents[1], "", "")
				if !strings.Contains(modes, mode) || !strings.Contains(templates, template) {
					return errors.New("not yet")
				}
				return nil
			})
		}
	}
	for range 50 {
		change()
	}

	// The upgrade: first the schema, while the previous release runs; then the programs.
	migrate(f)
	visible(change())
	f.startAdmin()
	f.start("worker", "")
	admins, readers = append(admins, f.admin), append(readers, f.startReader())
	poll("this release", readers[1])
	for i := range 500 {
		mode, template := change()
		if i%50 == 49 {
			visible(mode, template)
		}
	}

	// Templates that one release creates are renamed and deleted by the other.
	for i, admin := range admins {
		other := admins[1-i]
		status, _, answer := send("POST", library(admin)+"/templates", "", `{"name":"Made","permission_mode":"default"}`)
		require.Equal(t, 201, status, answer)
		status, _, answer = send("POST", library(other)+"/templates", "", `{"name":" MADE","permission_mode":"default"}`)
		require.Equal(t, 409, status, answer)
		status, _, answer = send("PATCH", library(other)+"/templates/Made", "", `{"name":"Renamed"}`)
		require.Equal(t, 200, status, answer)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, library(other)+"/templates/Guard", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+created.Token)
		req.Header.Set("If-Match", "*")
		res, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 409, res.StatusCode, "a mode names it")
		req, err = http.NewRequestWithContext(t.Context(), http.MethodDelete, library(admin)+"/templates/Renamed", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+created.Token)
		req.Header.Set("If-Match", "*")
		res, err = client.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 204, res.StatusCode)
	}
	stop()
	editors.Wait()

	for what := range maps.Keys(answers.of) {
		assert.Regexp(t, " (200|304)$", what)
	}
	t.Log(answers.of)
	versions := func(path string) int {
		var page struct {
			Versions []struct{ Version int } `json:"versions"`
		}
		_, _, answer := send("GET", library(admins[1])+path+"/versions?limit=1", "", "")
		require.NoError(t, json.Unmarshal([]byte(answer), &page), answer)
		return page.Versions[0].Version
	}
	assert.Equal(t, number+2, versions("/modes/docs")+versions("/templates/Guard"), "a version for each change")
}
