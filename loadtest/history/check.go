package history

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
	// Answered: a reader that has an organization's document resident answers 200
	// or 304, whatever is broken; before that, 503 at worst.
	Answered Rule = "answered"
	// Forward: what an editor has never goes back, whichever readers it is sent to.
	Forward Rule = "forward"
	// Agree: body, entity-tag and digest are of the same thing.
	Agree Rule = "agree"
	// Owner: nobody gets another organization's document.
	Owner Rule = "owner"
	// Bound: an answer not said to be stale reflects every change that was
	// acknowledged longer ago than the bound.
	Bound Rule = "bound"
	// Recovered: soon after the fault all is fresh and current again, and is in the end.
	Recovered Rule = "recovered"
	// Revoked: a token that was ended is refused in time, and for good.
	Revoked Rule = "revoked"
)

// Promises are the figures in the rules.
type Promises struct {
	// Bound is how old an answer may be that isn't said to be stale.
	Bound time.Duration
	// Recovery is how long after the fault all has to be well again.
	Recovery time.Duration
	// AuthMaxStale is how long a token counts that can't be checked.
	AuthMaxStale time.Duration
	// Marked is how old the newest mark may be when things break: by so much sooner
	// after that may tokens stop to count.
	Marked time.Duration
	// Kept is how long a reader must have had something for it to be in its disk
	// snapshot, where it writes one every second.
	Kept time.Duration
}

// Published are the figures that our users are told.
func Published() Promises {
	return Promises{Bound: 10 * time.Second, Recovery: 30 * time.Second, AuthMaxStale: 15 * time.Minute, Marked: 4 * time.Second, Kept: 3 * time.Second}
}

// Violation is a promise that was broken.
type Violation struct {
	Rule   Rule
	Poll   Poll
	Detail string
}

// String tells of it in a line.
func (v Violation) String() string {
	answer := fmt.Sprintf("%d %s (%s)", v.Poll.Status, v.Poll.ETag, v.Poll.CacheStatus)
	if v.Poll.Status == 0 {
		answer = "no answer: " + v.Poll.Failure
	}
	return fmt.Sprintf("%s: %s asked %s for %s with %s at %s, %s: %s", v.Rule, v.Poll.Editor, v.Poll.Reader,
		v.Poll.Organization, v.Poll.Token, v.Poll.Sent.Format("15:04:05.000"), answer, v.Detail)
}

// CheckRecovery is Check for the rule Recovered alone, as a cheap question while the
// recording continues.
func CheckRecovery(h *History, p Promises) []Violation {
	c := newChecker(h, p)
	c.recovered()
	return c.found
}

// Check holds a history against the promises and returns what was broken, in
// the order of the requests. A history without polls breaks none, so callers
// look at Figures too.
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

// checker goes through a history once, in the order in which requests were made.
type checker struct {
	p       Promises
	h       *History
	polls   []Poll
	found   []Violation
	changes map[string][]Change // by organization, in the order of their numbers
	ended   map[string]Revocation
	shown   map[string]map[tag]int64 // organization, tag -> the change in that document
	seen    map[string]held          // editor -> the newest that it was given
	warm    map[residence]time.Time  // since when
}

type held struct {
	tag      tag
	received time.Time
}

type residence struct{ reader, organization, token string }

func newChecker(h *History, p Promises) *checker {
	c := &checker{
		p: p, h: h, polls: slices.Clone(h.Polls), changes: map[string][]Change{}, ended: map[string]Revocation{},
		shown: map[string]map[tag]int64{}, seen: map[string]held{}, warm: map[residence]time.Time{},
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
	// What a tag stands for is learned from every body, also from one that came
	// later than another editor's 304 with the same tag.
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

func (c *checker) broken(r Rule, p *Poll, format string, args ...any) {
	c.found = append(c.found, Violation{Rule: r, Poll: *p, Detail: fmt.Sprintf(format, args...)})
}

// shows returns which change the document is of that the editor has after p.
func (c *checker) shows(p *Poll) (int64, bool) {
	if p.Status == 200 {
		return p.Change, true
	}
	t, ok := parseTag(p.ETag)
	t.suffix = ""
	n, known := c.shown[p.Organization][t]
	return n, ok && known
}

var suffixes = map[string]string{"": "", "gzip": "gz", "br": "br", "zstd": "zst"}

func (c *checker) agree(p *Poll) {
	t, ok := parseTag(p.ETag)
	if !ok {
		c.broken(Agree, p, "the tag is none of ours")
		return
	}
	if p.Status != 200 {
		return
	}
	if want := hex.EncodeToString(p.Identity[:8]); t.hash != want {
		c.broken(Agree, p, "the body's hash begins with %s", want)
	}
	if t.suffix != suffixes[p.Coding] {
		c.broken(Agree, p, "the body came in %q", p.Coding)
	}
	if want := digest(p.Sum); p.ReprDigest != want {
		c.broken(Agree, p, "the digest is said to be %s and is %s", p.ReprDigest, want)
	}
}

func digest(sum [sha256.Size]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func (c *checker) owner(p *Poll) {
	if p.Status == 200 && p.Owner != p.Organization {
		c.broken(Owner, p, "the body is that of %q", p.Owner)
	}
	if c.h.Opens[p.Token] != p.Organization {
		c.broken(Owner, p, "the token opens %q", c.h.Opens[p.Token])
	}
}

// forward compares with what the editor had when it asked: of two requests under
// way at the same time neither is later.
func (c *checker) forward(p *Poll) {
	t, ok := parseTag(p.ETag)
	if !ok {
		return
	}
	t.hash, t.suffix = "", ""
	before, ok := c.seen[p.Editor]
	if ok && !before.received.After(p.Sent) && t.before(before.tag) {
		c.broken(Forward, p, "it had %d.%d", before.tag.epoch, before.tag.revision)
	}
	if !ok || !t.before(before.tag) {
		c.seen[p.Editor] = held{t, p.Received}
	}
}
