package simulation

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

// editor polls one document of its organization at varying readers, and checks every answer
// against the promises.
type editor struct {
	n         int
	id        uuid.UUID // of its token
	token     string
	org       uuid.UUID
	document  string
	createdAt time.Time
	tag       string
	version   [2]int64 // epoch and revision of the tag
	polls     int
	fresh     int
	trace     uint64
}

func (w *world) newEditor(n int) *editor {
	e := &editor{n: n, id: w.id("token", n), org: w.orgs[n%len(w.orgs)], document: documentNames[n/len(w.orgs)%len(documentNames)], createdAt: time.Now()}
	e.token = tokens[n]
	w.database.createToken(e.id, e.org, e.token)
	return e
}

// tokens were minted with the key in advance, so that every run has the same ones: the
// faults of a call depend on its subject.
var tokens = [editors]string{
	"omt_k1_4CpukjU7zXrMakn5WsiPLJ4ILmiC63Nzb69GWxc2t2K2",
	"omt_k1_5AKfknnVNoLcNQ5gfh2nqG09sxnu5gGhHidgjxpx036f",
	"omt_k1_3rBHReJe2GhPuyagBUMDfF3P1loDW3k5kiZuC2ZvEPhG",
	"omt_k1_4OCG9bFZBPEiEetdjwgpV50it2pBYnlNMbsPMEDzi6Oo",
	"omt_k1_2bZPH9kXBd68meWePX2NeW24lxU7GsDmS2e7WoERbFGi",
	"omt_k1_18vazX14Ty0TZjKulQux0O3mwbED6Jn2CtCUa5L5DoIF",
}

// response is a response that an editor received.
type response struct {
	status       int
	etag, digest string
	cacheStatus  string
	body         []byte
}

func (a *response) isFresh() bool { return !strings.Contains(a.cacheStatus, "detail=") }

func request(h fasthttp.RequestHandler, e *editor, tag string) *response {
	var ctx fasthttp.RequestCtx
	ctx.Request.Header.SetMethod(fasthttp.MethodGet)
	ctx.Request.SetRequestURI("/api/organizations/" + e.org.String() + "/" + e.document)
	ctx.Request.Header.Set("Authorization", "Bearer "+e.token)
	ctx.Request.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		ctx.Request.Header.Set("If-None-Match", tag)
	}
	h(&ctx)
	got := &response{status: ctx.Response.StatusCode(), body: append([]byte(nil), ctx.Response.Body()...)}
	for name, value := range ctx.Response.Header.All() {
		switch strings.ToLower(string(name)) {
		case "etag":
			got.etag = string(value)
		case "repr-digest":
			got.digest = string(value)
		case "cache-status":
			got.cacheStatus = string(value)
		}
	}
	return got
}

// runEditor runs an editor until the world stops.
func (w *world) runEditor(e *editor) {
	rng := w.newRand("editor", e.n)
	trace := fnv.New64a()
	for sleep(w.ctx, time.Duration(1+rng.Int64N(int64(800*time.Millisecond)))) == nil {
		at := w.readerAt(rng.IntN(readers))
		requestedAt := time.Now()
		got := request(at.handler, e, e.tag)
		fmt.Fprintf(trace, "%d %d %d %s %s\n", requestedAt.UnixNano(), at.n, got.status, got.etag, got.cacheStatus)
		w.logEvent("editor %d at reader %d: %d %s %s", e.n, at.n, got.status, got.etag, got.cacheStatus)
		w.check(e, at, requestedAt, got)
		// Sometimes an editor restarts, and has no document.
		if rng.IntN(12) == 0 {
			e.tag, e.version = "", [2]int64{}
		}
	}
	e.trace = trace.Sum64()
}

var (
	tagForm  = regexp.MustCompile(`^"(\d+)\.(\d+)\.([0-9a-f]{16})(?:-gz)?"$`)
	bodyForm = regexp.MustCompile(`organization ([0-9a-f-]{36}) revision (\d+)`)
)

// versionOf parses the epoch and the revision of a tag.
func versionOf(tag string) (epoch, revision int64, ok bool) {
	m := tagForm.FindStringSubmatch(tag)
	if m == nil {
		return 0, 0, false
	}
	epoch, _ = strconv.ParseInt(m[1], 10, 64)
	revision, _ = strconv.ParseInt(m[2], 10, 64)
	return epoch, revision, true
}

// check checks one answer against the promises.
func (w *world) check(e *editor, at *readerRun, requestedAt time.Time, got *response) {
	e.polls++
	bad := func(format string, args ...any) {
		w.reportViolation("editor %d at reader %d: %s", e.n, at.n, fmt.Sprintf(format, args...))
	}
	key := e.token + e.org.String()
	revoked := w.database.revokedAt(e.id)
	served := got.status == fasthttp.StatusOK || got.status == fasthttp.StatusNotModified
	switch {
	case served:
		if !revoked.IsZero() {
			late := requestedAt.Sub(revoked)
			if late > max(w.authMaxStale, freshnessBound) {
				bad("a token revoked %s ago was let in", late)
			}
			if got.isFresh() && late > freshnessBound {
				bad("a token revoked %s ago was accepted, and the answer is marked fresh", late)
			}
		}
	case got.status == fasthttp.StatusUnauthorized:
		if revoked.IsZero() && requestedAt.Sub(e.createdAt) > freshnessBound+time.Second {
			bad("a valid token was refused with 401")
		}
		return
	case got.status == fasthttp.StatusServiceUnavailable:
		if w.isWarm(at, key) && revoked.IsZero() && w.authMaxStale > time.Minute && !w.mayLackRecord(e) {
			bad("503 although it had answered before")
		}
		return
	default:
		bad("answered %d", got.status)
		return
	}
	w.mu.Lock()
	at.warm[key] = true
	w.mu.Unlock()

	epoch, revision, ok := versionOf(got.etag)
	if !ok {
		bad("an odd tag: %q", got.etag)
		return
	}
	if got.status == fasthttp.StatusOK {
		w.checkBody(e, got, revision, bad)
	} else if len(got.body) > 0 || got.etag != e.tag {
		bad("304 with %d bytes and %s for %s", len(got.body), got.etag, e.tag)
	}
	now := [2]int64{epoch, revision}
	if now[0] < e.version[0] || now[0] == e.version[0] && now[1] < e.version[1] {
		bad("went back from %v to %v", e.version, now)
	}
	if got.isFresh() {
		e.fresh++
		if owed := w.database.revisionCommittedBy(e.org, e.document, requestedAt.Add(-freshnessBound)); revision < owed {
			bad("marked fresh at revision %d; revision %d was committed more than %s before", revision, owed, freshnessBound)
		}
	}
	e.tag, e.version = got.etag, now
}

func (w *world) isWarm(at *readerRun, key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return at.warm[key]
}

// mayLackRecord reports whether a reader may rightly lack a token's record. Raising the epoch
// gives every record a new version that has to be read first.
func (w *world) mayLackRecord(*editor) bool {
	w.database.mu.Lock()
	defer w.database.mu.Unlock()
	return w.database.installation.Epoch > 1
}

func (w *world) checkBody(e *editor, got *response, revision int64, bad func(string, ...any)) {
	sum := sha256.Sum256(got.body)
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; got.digest != want {
		bad("the digest is %s, the body's is %s", got.digest, want)
	}
	body, err := gunzip(got.body)
	if err != nil {
		bad("the body is no gzip: %v", err)
		return
	}
	if sum := sha256.Sum256(body); !strings.Contains(got.etag, "."+hex.EncodeToString(sum[:8])) {
		bad("the tag's hash is not the body's")
	}
	// The tag holds the revision that last changed this document, or, once an epoch was
	// raised, the current revision at that time.
	due := w.database.lastChangeUpTo(e.org, e.document, revision)
	match := bodyForm.FindStringSubmatch(string(body))
	switch {
	case match == nil && due > 1:
		bad("revision %d is empty", due)
	case match == nil:
	case match[1] != e.org.String():
		bad("it got the body of organization %s", match[1])
	case match[2] != strconv.FormatInt(due, 10):
		bad("the body is of revision %s, its tag says %d, which is %d", match[2], revision, due)
	}
}
