// Package checker checks what editors received against the promises made to them. It is
// pure: it knows answers, changes and times, and not how they came about. Real programs
// under real faults write the histories (package loadtest).
//
// All times are from one clock, the recorder's, which is also that of the programs on the
// same machine. A change counts as made when the answer to the writer has arrived, a
// request as made before its first byte leaves. Both err in the programs' favor, so no rule
// needs a margin for the recorder.
package checker

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
)

// History records what happened while editors polled.
type History struct {
	Polls       []Poll
	Changes     []Change
	Revocations []Revocation
	Outages     []Outage
	// Opens maps each token to the organization it grants access to.
	Opens map[string]string
	// Fault is the time when something was broken; zero if nothing was.
	Fault Fault
}

// Poll is one request of an editor and its outcome.
type Poll struct {
	// Editor names the caller: one program with one current document, whichever reader it
	// is sent to.
	Editor       string
	Reader       string
	Organization string
	Token        string
	Sent         time.Time
	Received     time.Time
	// Status is 0 if there was no answer; Failure holds the reason.
	Status      int
	Failure     string
	ETag        string
	CacheStatus string
	ReprDigest  string
	Coding      string
	RetryAfter  string
	// The following are set for a 200. Sum and Identity are the SHA-256 of the body as
	// received, and decoded. Owner and Change are the organization and the change that its
	// text names.
	Sum, Identity [sha256.Size]byte
	Owner         string
	Change        int64
}

// served reports whether the editor received a document, or still has a valid one.
func (p *Poll) served() bool { return p.Status == 200 || p.Status == 304 }

// Stale reports whether the reader marked the answer as stale.
func (p *Poll) Stale() bool {
	for parameter := range strings.SplitSeq(p.CacheStatus, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if name == "detail" && strings.Trim(value, `"`) == "stale" {
			return true
		}
	}
	return false
}

// Change is the Number-th change of an organization, or the attempt to make it.
type Change struct {
	Organization string
	Number       int64
	Sent         time.Time
	// Acknowledged is zero if it isn't known whether the change was committed.
	Acknowledged time.Time
	// Undone is when an older backup was restored, which lost the change.
	Undone time.Time
}

// Revocation is the revocation of a token.
type Revocation struct {
	Token string
	Sent  time.Time
	// Acknowledged is zero if it isn't known whether the revocation was committed.
	Acknowledged time.Time
}

// Outage is a time in which a reader did not answer. Its program was killed after Down,
// started again at Launched, and known to answer at Up.
type Outage struct {
	Reader             string
	Down, Launched, Up time.Time
	// Kept reports whether it restarts with the documents it had held for some time.
	Kept bool
}

// Fault is a time in which something was broken.
type Fault struct{ Began, Ended time.Time }

func (f Fault) none() bool { return f.Began.IsZero() }

// tag is an entity tag of a reader: "<epoch>.<revision>.<hash16>", with the coding before
// the closing quote.
type tag struct {
	epoch, revision int64
	hash, suffix    string
}

func parseTag(s string) (t tag, ok bool) {
	inner, ok := strings.CutPrefix(s, `"`)
	if !ok {
		return t, false
	}
	if inner, ok = strings.CutSuffix(inner, `"`); !ok {
		return t, false
	}
	inner, t.suffix, _ = strings.Cut(inner, "-")
	parts := strings.Split(inner, ".")
	if len(parts) != 3 || len(parts[2]) != 16 {
		return t, false
	}
	var err1, err2 error
	t.epoch, err1 = strconv.ParseInt(parts[0], 10, 64)
	t.revision, err2 = strconv.ParseInt(parts[1], 10, 64)
	t.hash = parts[2]
	return t, err1 == nil && err2 == nil
}

func (t tag) before(o tag) bool {
	return t.epoch < o.epoch || t.epoch == o.epoch && t.revision < o.revision
}
