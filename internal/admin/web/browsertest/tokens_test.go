package browsertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// poll requests Acme's own modes from the reader with a token. Like an editor, it retries
// while the reader answers 503.
func (s *site) poll(token string) (status int, body string) {
	s.t.Helper()
	s.await(func() error {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.readerURL+"/api/organizations/"+s.acme.ID.String()+"/organization.yaml", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		data, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode == http.StatusServiceUnavailable {
			err = errors.New(string(data))
		}
		status, body = res.StatusCode, string(data)
		return err
	})
	return status, body
}

func TestTokenIsMadeUsedAndRevoked(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	s.sql("DELETE FROM token_organizations")
	b.open("/orgs/acme/tokens")
	b.text(".empty").has("No tokens yet")
	b.pictures("tokens-empty")

	b.expect("status of 422")
	b.js(`document.querySelector("#field-name").required = false`)
	b.follow(".narrow button.primary")
	b.text(".mistakes").has("A name is required")
	b.attribute("#field-name", "aria-invalid").is("true")
	b.pictures("tokens-mistake")

	b.fill("#field-name", "Ada’s laptop")
	b.click(`input[name=scope]`)
	b.follow(".narrow button.primary")
	secret := b.attribute("#made-token", "value").now()
	require.Regexp(t, `^omt_k1_[A-Za-z0-9]{44}$`, secret)
	b.text(".made").has("Readers have received it: it works now")
	status, body := s.poll(secret)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "docs-writer")
	s.polling(secret).nothingNew()
	b.text("tbody").has("read write")
	b.pictures("tokens-made")

	// Reloading the page neither creates another token nor shows this one again.
	b.leaving(func() { b.js(`void location.reload()`) })
	b.path().is("/orgs/acme/tokens")
	b.texts("tbody tr").count(1)
	b.untilNot(`document.body.innerHTML.includes(` + "`" + secret + "`" + `)`)
	b.pictures("tokens")

	b.click("td.more a")
	b.until(`document.querySelector("dialog[open]")`)
	b.text("dialog[open]").has("refused within 2 seconds")
	b.sound()
	b.shot("tokens-revoke")
	b.follow("dialog[open] [data-confirm]")
	b.text(".said").has("Ada’s laptop is revoked")
	s.await(func() error {
		if status, _ := s.poll(secret); status != http.StatusUnauthorized {
			return io.ErrNoProgress
		}
		return nil
	})
	b.click(".ended summary")
	b.text(".ended").matches(`revoked (just now|\d+ minutes? ago)`)
	b.sound()
}

func TestMembersHaveTheirOwnTokens(t *testing.T) {
	s := newSite(t)
	b := s.browser().as(s.member).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/tokens"))
	b.seen(".why", "These are your own tokens")
	b.text(".narrow").has("Members can create access tokens with the scope read; ask an owner or an admin for one with the scope write")
	b.untilNot(`document.querySelector("tbody")`, "the owner's token is not theirs to see")
	b.fill("#field-name", "Mine")
	b.js(`document.querySelector("#field-expires").value = "day"`)
	b.js(`document.querySelector("#field-day").value = "2001-01-01"`)
	b.expect("status of 422")
	b.click(".narrow button.primary")
	b.seen(".mistakes", "This day is in the past")
	b.js(`document.querySelector("#field-expires").value = "never"`)
	b.click(".narrow button.primary")
	b.seen(".made", "Mine: copy the token now")
	status, _ := s.poll(b.attribute("#made-token", "value").now())
	require.Equal(t, http.StatusOK, status)
	b.click("td.more a")
	b.seen("h1", "Revoke Mine?")
	b.click("[data-confirm]")
	b.seen(".said", "Mine is revoked")
	b.quiet()
}

// catchCopies redirects what the page copies to window.copied, until the page is left.
func (b *browser) catchCopies() {
	b.s.t.Helper()
	b.js(`navigator.clipboard.writeText = async (text) => { window.copied = text }`)
}

// copied clicks a button, and returns the text that it copies.
func (b *browser) copied(button string) (text string) {
	b.s.t.Helper()
	b.js(`void (window.copied = undefined)`)
	b.click(button)
	b.until(`window.copied !== undefined`)
	b.do(evaluate(`window.copied`, &text))
	return text
}

// TestLinesOnTheConnectPageWork runs the commands that users copy from the page.
func TestLinesOnTheConnectPageWork(t *testing.T) {
	prove.Long(t)
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("SKIPPED, as this needs curl")
	}
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.mode("code", "Our code")
	s.readerServes("docs-writer", "code")
	b := s.browser().as(s.member)
	b.open("/orgs/acme/connect")
	b.pictures("connect")
	b.text("main").has("Don’t set KILO_API_URL to " + s.readerURL)
	b.text("main").has("ignores: code.")
	b.catchCopies()
	for _, file := range []struct{ snippet, name string }{
		{"kilo-cli", ".kilocodemodes"}, {"kilo-legacy", ".kilocodemodes"}, {"roo-code", ".roomodes"},
	} {
		line := b.copied(`[data-copy="snippet-` + file.snippet + `"]`)
		home := t.TempDir()
		run := func() string {
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", line)
			cmd.Dir = home
			cmd.Env = []string{"HOME=" + home, "PATH=" + filepath.Dir(curl) + ":/usr/bin:/bin", "ORGMODES_TOKEN=" + s.editor, "no_proxy=*"}
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", line, out)
			return strings.TrimSpace(string(out))
		}
		require.Equal(t, "200", run(), line)
		first, err := os.ReadFile(filepath.Join(home, file.name))
		require.NoError(t, err)
		served, err := s.served()
		require.NoError(t, err)
		require.Equal(t, served, string(first))
		f, err := modes.ReadFile(t.Context(), first)
		require.NoError(t, err)
		require.Len(t, f.Entries, 2)
		require.Equal(t, "304", run(), "nothing has changed")
		again, err := os.ReadFile(filepath.Join(home, file.name))
		require.NoError(t, err)
		require.Equal(t, string(first), string(again), "and what was saved stays")
	}
	line := b.copied(`[data-copy="snippet-ask"]`)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "ORGMODES_TOKEN="+s.editor+"; "+line)
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "docs-writer")
	b.hears("Copied")
	b.sound()
}
