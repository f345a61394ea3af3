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

// requestModes requests Acme's own modes from the reader with a token. Like an editor, it
// retries while the reader answers 503.
func (s *site) requestModes(token string) (status int, body string) {
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

func TestTokenIsCreatedUsedAndRevoked(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	s.execSQL("DELETE FROM token_organizations")
	b.open("/orgs/acme/tokens")
	b.text(".empty").has("No tokens yet")
	b.checkAndScreenshot("tokens-empty")

	b.expectConsole("status of 422")
	b.js(`document.querySelector("#field-name").required = false`)
	b.clickAndNavigate(".narrow button.primary")
	b.text(".error-summary").has("A name is required")
	b.attribute("#field-name", "aria-invalid").is("true")
	b.checkAndScreenshot("tokens-mistake")

	b.fill("#field-name", "Ada’s laptop")
	b.click(`input[name=scope]`)
	b.clickAndNavigate(".narrow button.primary")
	secret := b.attribute("#new-token-secret", "value").current()
	require.Regexp(t, `^omt_k1_[A-Za-z0-9]{44}$`, secret)
	b.text(".new-token").has("Readers have received it: it works now")
	status, body := s.requestModes(secret)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "docs-writer")
	s.pollingEditor(secret).waitForNotModified()
	b.text("tbody").has("read write")
	b.checkAndScreenshot("tokens-made")

	// Reloading the page neither creates another token nor shows this one again.
	b.expectNavigation(func() { b.js(`void location.reload()`) })
	b.path().is("/orgs/acme/tokens")
	b.texts("tbody tr").count(1)
	b.waitForNot(`document.body.innerHTML.includes(` + "`" + secret + "`" + `)`)
	b.checkAndScreenshot("tokens")

	b.click("td.more a")
	b.waitFor(`document.querySelector("dialog[open]")`)
	b.text("dialog[open]").has("refused within 2 seconds")
	b.checkA11yAndConsole()
	b.screenshot("tokens-revoke")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	b.text(".flash").has("Ada’s laptop is revoked")
	s.await(func() error {
		if status, _ := s.requestModes(secret); status != http.StatusUnauthorized {
			return io.ErrNoProgress
		}
		return nil
	})
	b.click(".ended summary")
	b.text(".ended").matches(`revoked (just now|\d+ minutes? ago)`)
	b.checkA11yAndConsole()
}

func TestMembersManageOwnTokens(t *testing.T) {
	s := newSite(t)
	b := s.browser().signIn(s.member).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/tokens"))
	b.waitForText(".explanation", "These are your own tokens")
	b.text(".narrow").has("Members can create access tokens with the scope read; ask an owner or an admin for one with the scope write")
	b.waitForNot(`document.querySelector("tbody")`, "the owner's token is not theirs to see")
	b.fill("#field-name", "Mine")
	b.js(`document.querySelector("#field-expires").value = "day"`)
	b.js(`document.querySelector("#field-day").value = "2001-01-01"`)
	b.expectConsole("status of 422")
	b.click(".narrow button.primary")
	b.waitForText(".error-summary", "This day is in the past")
	b.js(`document.querySelector("#field-expires").value = "never"`)
	b.click(".narrow button.primary")
	b.waitForText(".new-token", "Mine: copy the token now")
	status, _ := s.requestModes(b.attribute("#new-token-secret", "value").current())
	require.Equal(t, http.StatusOK, status)
	b.click("td.more a")
	b.waitForText("h1", "Revoke Mine?")
	b.click("[data-confirm]")
	b.waitForText(".flash", "Mine is revoked")
	b.checkConsole()
}

// captureClipboard redirects what the page copies to window.copied, until the page is left.
func (b *browser) captureClipboard() {
	b.s.t.Helper()
	b.js(`navigator.clipboard.writeText = async (text) => { window.copied = text }`)
}

// clickToCopy clicks a button, and returns the text that it copies.
func (b *browser) clickToCopy(button string) (text string) {
	b.s.t.Helper()
	b.js(`void (window.copied = undefined)`)
	b.click(button)
	b.waitFor(`window.copied !== undefined`)
	b.do(evaluate(`window.copied`, &text))
	return text
}

// TestConnectPageCommandsWork runs the commands that users copy from the page.
func TestConnectPageCommandsWork(t *testing.T) {
	prove.Long(t)
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("SKIPPED, as this needs curl")
	}
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.createMode("code", "Our code")
	s.readerServes("docs-writer", "code")
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/connect")
	b.checkAndScreenshot("connect")
	b.text("main").has("Don’t set KILO_API_URL to " + s.readerURL)
	b.text("main").has("ignores: code.")
	b.captureClipboard()
	for _, file := range []struct{ snippet, name string }{
		{"kilo-cli", ".kilocodemodes"}, {"kilo-legacy", ".kilocodemodes"}, {"roo-code", ".roomodes"},
	} {
		line := b.clickToCopy(`[data-copy="snippet-` + file.snippet + `"]`)
		home := t.TempDir()
		run := func() string {
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", line)
			cmd.Dir = home
			cmd.Env = []string{"HOME=" + home, "PATH=" + filepath.Dir(curl) + ":/usr/bin:/bin", "ORGMODES_TOKEN=" + s.editorToken, "no_proxy=*"}
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", line, out)
			return strings.TrimSpace(string(out))
		}
		require.Equal(t, "200", run(), line)
		first, err := os.ReadFile(filepath.Join(home, file.name))
		require.NoError(t, err)
		served, err := s.servedModes()
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
	line := b.clickToCopy(`[data-copy="snippet-ask"]`)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "ORGMODES_TOKEN="+s.editorToken+"; "+line)
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "docs-writer")
	b.waitForAnnouncement("Copied")
	b.checkA11yAndConsole()
}
