package loadtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"orgmodes/loadtest/checker"
)

// editor is one program of one user. It polls through a load balancer that spreads its
// requests over the readers, and keeps the ETag that it last received.
type editor struct {
	name         string
	organization string
	tokenName    string
	secret       string
	coding       string

	client *http.Client
	next   int // reader
	tag    string
}

// editorTimeout is long enough to record any answer that arrives at all, even on a busy
// machine.
var editorTimeout = waitTimeout

func newEditor(name string, tn tenant, tokenName, secret, coding string, first int) *editor {
	return &editor{
		name: name, organization: tn.org.ID.String(), tokenName: tokenName, secret: secret, coding: coding, next: first,
		client: &http.Client{
			Timeout:   editorTimeout,
			Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1},
		},
	}
}

// run polls at each tick until ctx is done. Each poll goes to the next reader, which is the
// worst way to balance load. A reader that can't be reached is skipped.
func (e *editor) run(ctx context.Context, every time.Duration, readers func() []*readerInstance, record func(checker.Poll)) {
	defer e.client.CloseIdleConnections()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		all := readers()
		for range all {
			r := all[e.next%len(all)]
			e.next++
			p := e.poll(ctx, r)
			if ctx.Err() != nil {
				return
			}
			record(p)
			if p.Status != 0 {
				break
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (e *editor) poll(ctx context.Context, r *readerInstance) checker.Poll {
	p := checker.Poll{Editor: e.name, Reader: r.name, Organization: e.organization, Token: e.tokenName}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/api/organizations/"+e.organization+"/modes.yaml", nil)
	if err != nil {
		return p
	}
	req.Header.Set("Authorization", "Bearer "+e.secret)
	req.Header.Set("Accept-Encoding", e.coding)
	if e.tag != "" {
		req.Header.Set("If-None-Match", e.tag)
	}
	p.Sent = time.Now()
	res, err := e.client.Do(req)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	p.Received = time.Now()
	if err != nil { // no answer, or an incomplete one
		p.Failure = err.Error()
		return p
	}
	p.Status, p.ETag, p.CacheStatus = res.StatusCode, res.Header.Get("ETag"), res.Header.Get("Cache-Status")
	p.ReprDigest, p.Coding = res.Header.Get("Repr-Digest"), res.Header.Get("Content-Encoding")
	p.RetryAfter = res.Header.Get("Retry-After")
	if res.StatusCode == http.StatusOK {
		e.tag = p.ETag
		p.Sum = sha256.Sum256(body)
		// A body that can't be decoded has the wrong hash, and so violates a rule.
		plain, _ := unpack(p.Coding, body)
		p.Identity = sha256.Sum256(plain)
		p.Owner, p.Change = readMarker(plain)
	}
	return p
}

func unpack(coding string, body []byte) ([]byte, error) {
	var from io.Reader
	var err error
	switch coding {
	case "gzip":
		from, err = gzip.NewReader(bytes.NewReader(body))
	case "br":
		from = brotli.NewReader(bytes.NewReader(body))
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1)); err == nil {
			defer z.Close()
		}
		from = z
	default:
		return body, nil
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(from)
}

// marker matches the text that each organization's one mode contains: the number of the
// change, and the organization.
var marker = regexp.MustCompile(`Change (\d+) of ([0-9a-f-]{36})\.`)

func markerOf(number int64, organization string) string {
	return "Change " + strconv.FormatInt(number, 10) + " of " + organization + "."
}

func readMarker(body []byte) (organization string, number int64) {
	m := marker.FindSubmatch(body)
	if m == nil {
		return "", 0
	}
	number, _ = strconv.ParseInt(string(m[1]), 10, 64)
	return string(m[2]), number
}
