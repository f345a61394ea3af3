package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"time"
)

// banner is printed once everything runs. Every command in it has been tried.
type banner struct {
	adminURL, readerURL string
	email, password     string
	modesURL            string
	token, etag         string
}

// checkAsEditor does the same as the printed curl commands: it gets the whole document, and
// then 304 without a body, since nothing has changed.
func checkAsEditor(ctx context.Context, ps *programs, st *state) (banner, error) {
	g := banner{
		adminURL: ps.admin.publicURL, readerURL: ps.reader.publicURL,
		email: st.OwnerEmail, password: st.OwnerPassword, token: st.EditorToken.Token,
		modesURL: ps.reader.publicURL + "/api/organizations/" + st.OrganizationID + "/modes.yaml",
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startupTimeout, fmt.Errorf("nothing better within %v", startupTimeout))
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		problem := g.verify(ctx)
		if problem == nil {
			return g, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return g, fmt.Errorf("the reader doesn't serve the sample organization: %w (%w)", problem, context.Cause(ctx))
		}
	}
}

func (g *banner) verify(ctx context.Context) error {
	header := http.Header{"Authorization": {"Bearer " + g.token}}
	status, answer, body, err := fetch(ctx, g.modesURL, header)
	if err != nil {
		return err
	}
	if status != http.StatusOK || !bytes.Contains(body, []byte("customModes:")) {
		return fmt.Errorf("GET %s answers %d: %s", g.modesURL, status, bytes.TrimSpace(body[:min(len(body), 300)]))
	}
	g.etag = answer.Get("ETag")
	header.Set("If-None-Match", g.etag)
	status, _, body, err = fetch(ctx, g.modesURL, header)
	if err != nil {
		return err
	}
	if status != http.StatusNotModified || len(body) > 0 {
		return fmt.Errorf("GET %s with its own ETag %s answers %d and %d bytes", g.modesURL, g.etag, status, len(body))
	}
	return nil
}

func (g *banner) print(w io.Writer, took time.Duration) {
	tool := ""
	if _, err := exec.LookPath("curl"); err != nil {
		tool = " (curl itself is not on this machine)"
	}
	bearer := shellQuote("Authorization: Bearer " + g.token)
	_, _ = fmt.Fprintf(w, `
Everything runs, after %.1f seconds.

  Admin   %s
          sign in as %s with the password %s
  Reader  %s

The modes of %s, as an editor gets them: 200%s

  curl -i -H %s %s

And when nothing has changed since: 304, with no body

  curl -i -H %s -H %s %s

The same as shell variables:  set -a; . .local/run.env; set +a
Logs: .local/*.log            End it all: Ctrl-C

`, took.Seconds(), g.adminURL, g.email, g.password, g.readerURL, sampleName, tool,
		bearer, shellQuote(g.modesURL), bearer, shellQuote("If-None-Match: "+g.etag), shellQuote(g.modesURL))
}
