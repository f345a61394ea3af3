package checker

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Rule names a promise.
type Rule string

// The rules, each of which is a function in rules.go or here.
const (
	// Answered: a reader that has an organization's document resident answers 200 or 304,
	// whatever is broken. Before that, it answers 503 at worst.
	Answered Rule = "answered"
	// Forward: an editor never receives an older document than before, whichever readers it
	// is sent to.
	Forward Rule = "forward"
	// Agree: body, entity tag and digest belong to the same content.
	Agree Rule = "agree"
	// Owner: no one gets another organization's document.
	Owner Rule = "owner"
	// Bound: an answer not marked stale reflects every change that was acknowledged longer
	// ago than the bound.
	Bound Rule = "bound"
	// Recovered: soon after the fault every answer is fresh and current, and is so at the
	// end.
	Recovered Rule = "recovered"
	// Revoked: a revoked token is refused in time, and permanently.
	Revoked Rule = "revoked"
)

// Promises holds the durations that the rules use.
type Promises struct {
	// Bound is the maximum age of an answer that isn't marked stale.
	Bound time.Duration
	// Recovery is how long after the fault everything must have recovered.
	Recovery time.Duration
	// AuthMaxStale is how long a token that can't be checked is still accepted.
	AuthMaxStale time.Duration
	// Marked is the maximum age of the newest watermark when a fault begins. Tokens may
	// expire by age that much earlier.
	Marked time.Duration
	// Kept is how long a reader must have had something for it to be in its disk snapshot,
	// if it writes one every second.
	Kept time.Duration
}

// Published returns the durations documented for users.
func Published() Promises {
	return Promises{Bound: 10 * time.Second, Recovery: 30 * time.Second, AuthMaxStale: 15 * time.Minute, Marked: 4 * time.Second, Kept: 3 * time.Second}
}

// Violation is a broken promise.
type Violation struct {
	Rule   Rule
	Poll   Poll
	Detail string
}

// String describes the violation in one line.
func (v Violation) String() string {
	answer := fmt.Sprintf("%d %s (%s)", v.Poll.Status, v.Poll.ETag, v.Poll.CacheStatus)
	if v.Poll.Status == 0 {
		answer = "no answer: " + v.Poll.Failure
	}
	return fmt.Sprintf("%s: %s asked %s for %s with %s at %s, %s: %s", v.Rule, v.Poll.Editor, v.Poll.Reader,
		v.Poll.Organization, v.Poll.Token, v.Poll.Sent.Format("15:04:05.000"), answer, v.Detail)
}

// CheckRecovery checks only the rule Recovered. It is cheap enough to call while the
// recording continues.
func CheckRecovery(h *History, p Promises) []Violation {
	c := newChecker(h, p)
	c.recovered()
	return c.found
}

// Check checks a history against the promises and returns the violations in the order of
// the requests. A history without polls has no violations, so callers should look at
// Summarize too.
func Check(h *History, p Promises) []Violation {
	c := newChecker(h, p)
	for i := range c.polls {
		poll := &c.polls[i]
		c.answered(poll)
		if !poll.served() {
			continue
		}
		c.agree(poll)
		c.owner(poll)
		c.forward(poll)
		c.revoked(poll)
		c.bound(poll)
	}
	c.recovered()
	slices.SortStableFunc(c.found, func(a, b Violation) int { return a.Poll.Sent.Compare(b.Poll.Sent) })
	return c.found
}

// checker goes through a history once, in the order in which requests were sent.
type checker struct {
	p             Promises
	h             *History
	polls         []Poll
	found         []Violation
	changes       map[string][]Change // by organization, in the order of their numbers
	ended         map[string]Revocation
	shown         map[string]map[tag]int64     // organization, tag -> the change in that document
	delivered     map[string]deliveredDocument // editor -> the newest document that it received
	residentSince map[residence]time.Time      // resident since
}

type deliveredDocument struct {
	tag      tag
	received time.Time
}

type residence struct{ reader, organization, token string }

func newChecker(h *History, p Promises) *checker {
	c := &checker{
		p: p, h: h, polls: slices.Clone(h.Polls), changes: map[string][]Change{}, ended: map[string]Revocation{},
		shown: map[string]map[tag]int64{}, delivered: map[string]deliveredDocument{}, residentSince: map[residence]time.Time{},
	}
	slices.SortStableFunc(c.polls, func(a, b Poll) int { return a.Sent.Compare(b.Sent) })
	for _, ch := range h.Changes {
		c.changes[ch.Organization] = append(c.changes[ch.Organization], ch)
	}
	for _, all := range c.changes {
		slices.SortFunc(all, func(a, b Change) int { return int(a.Number - b.Number) })
	}
	for _, r := range h.Revocations {
		c.ended[r.Token] = r
	}
	// Learn which change a tag belongs to from every body, even one that arrived after
	// another editor's 304 with the same tag.
	for i := range c.polls {
		poll := &c.polls[i]
		if t, ok := parseTag(poll.ETag); ok && poll.Status == 200 && poll.Owner == poll.Organization {
			t.suffix = ""
			if c.shown[poll.Organization] == nil {
				c.shown[poll.Organization] = map[tag]int64{}
			}
			c.shown[poll.Organization][t] = poll.Change
		}
	}
	return c
}

func (c *checker) violation(r Rule, p *Poll, format string, args ...any) {
	c.found = append(c.found, Violation{Rule: r, Poll: *p, Detail: fmt.Sprintf(format, args...)})
}

// shows returns the change in the document that the editor has after p.
func (c *checker) shows(p *Poll) (int64, bool) {
	if p.Status == 200 {
		return p.Change, true
	}
	t, ok := parseTag(p.ETag)
	t.suffix = ""
	n, shown := c.shown[p.Organization][t]
	return n, ok && shown
}

var suffixes = map[string]string{"": "", "gzip": "gz", "br": "br", "zstd": "zst"}

func (c *checker) agree(p *Poll) {
	t, ok := parseTag(p.ETag)
	if !ok {
		c.violation(Agree, p, "the tag is none of ours")
		return
	}
	if p.Status != 200 {
		return
	}
	if want := hex.EncodeToString(p.Identity[:8]); t.hash != want {
		c.violation(Agree, p, "the body's hash begins with %s", want)
	}
	if t.suffix != suffixes[p.Coding] {
		c.violation(Agree, p, "the body came in %q", p.Coding)
	}
	if want := digest(p.Sum); p.ReprDigest != want {
		c.violation(Agree, p, "the digest is announced as %s but is %s", p.ReprDigest, want)
	}
}

func digest(sum [sha256.Size]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func (c *checker) owner(p *Poll) {
	if p.Status == 200 && p.Owner != p.Organization {
		c.violation(Owner, p, "the body is that of %q", p.Owner)
	}
	if c.h.Opens[p.Token] != p.Organization {
		c.violation(Owner, p, "the token opens %q", c.h.Opens[p.Token])
	}
}

// forward compares the answer with what the editor had when it sent the request. Of two
// concurrent requests, neither is later.
func (c *checker) forward(p *Poll) {
	t, ok := parseTag(p.ETag)
	if !ok {
		return
	}
	t.hash, t.suffix = "", ""
	before, ok := c.delivered[p.Editor]
	if ok && !before.received.After(p.Sent) && t.before(before.tag) {
		c.violation(Forward, p, "it had %d.%d", before.tag.epoch, before.tag.revision)
	}
	if !ok || !t.before(before.tag) {
		c.delivered[p.Editor] = deliveredDocument{t, p.Received}
	}
}
