package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"orgmodes/loadtest/checker"
)

// writer repeatedly changes an organization's mode through the API, and numbers the
// changes.
type writer struct {
	admin  string
	tn     tenant
	client *http.Client
	etag   string
	number int64
}

// writerTimeout is the time after which a writer treats a change as unacknowledged and
// continues with the next one.
const writerTimeout = 2 * time.Second

func newWriter(admin string, tn tenant) *writer {
	return &writer{admin: admin, tn: tn, client: &http.Client{Timeout: writerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
}

// run makes a change at each tick until ctx is done.
func (w *writer) run(ctx context.Context, every time.Duration, record func(checker.Change)) {
	defer w.client.CloseIdleConnections()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c := w.change(ctx)
			if ctx.Err() == nil || !c.Acknowledged.IsZero() {
				record(c)
			}
		}
	}
}

// change makes the next change. The number is used up even on failure, because a change
// that was sent may have been committed.
func (w *writer) change(ctx context.Context) checker.Change {
	w.number++
	organization := w.tn.org.ID.String()
	c := checker.Change{Organization: organization, Number: w.number, Sent: time.Now()}
	body, err := json.Marshal(map[string]any{"slug": "marked", "name": "Marked", "config": map[string]any{
		"roleDefinition": markerOf(w.number, organization), "groups": []string{"read"},
	}})
	if err != nil {
		return c
	}
	modes := w.admin + "/api/v1/organizations/" + organization + "/modes"
	if w.etag == "" {
		if status, etag := w.send(ctx, http.MethodGet, modes+"/marked", nil); status == http.StatusOK {
			w.etag = etag
		} else if status != http.StatusNotFound {
			return c
		}
	}
	method, url := http.MethodPost, modes
	if w.etag != "" {
		method, url = http.MethodPut, modes+"/marked"
	}
	status, etag := w.send(ctx, method, url, body)
	if status >= 200 && status < 300 {
		c.Acknowledged, w.etag = time.Now(), etag
	} else {
		w.etag = ""
	}
	return c
}

// send returns status 0 if there was no answer.
func (w *writer) send(ctx context.Context, method, url string, body []byte) (status int, etag string) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+w.tn.write)
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPut {
		req.Header.Set("If-Match", w.etag)
	}
	res, err := w.client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, ""
	}
	return res.StatusCode, res.Header.Get("ETag")
}
