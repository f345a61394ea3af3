package reader

import (
	"time"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/pubstore"
)

// maxFutureTags bounds how many future tags are remembered. Forgetting one is safe: it then
// counts as new.
const maxFutureTags = 10_000

// futureTag is a client's tag that is ahead of our document. Either another reader was
// faster, or no such version exists: the tag was made up, or dates from before a
// restore.
type futureTag struct {
	organization organizationID
	tag          pubstore.Tag
}

// futureTags remembers when each future tag was first seen. A version that exists was
// committed before any client could present its tag. So if we hold everything that was
// committed up to a later time, and the version isn't part of that, it does not exist, and
// ours is the newest. Until then a client is never sent back to an older version.
//
// Each tag has a separate time: a proof about one tag proves nothing about another.
type futureTags struct {
	firstSeen *otter.Cache[futureTag, time.Time]
}

func newFutureTags() *futureTags {
	return &futureTags{otter.Must(&otter.Options[futureTag, time.Time]{MaximumSize: maxFutureTags})}
}

// observe records a future tag, by our wall clock, unless it is already known.
func (f *futureTags) observe(k futureTag, now time.Time) { f.firstSeen.SetIfAbsent(k, now) }

// tagChecker checks future tags of an organization. knownUntil is the time up to which we
// have every change to it; zero if that isn't known.
type tagChecker struct {
	*futureTags
	organization organizationID
	knownUntil   time.Time
}

// impossible reports whether it is proven that no version has this tag.
func (c tagChecker) impossible(tag pubstore.Tag) bool {
	if c.futureTags == nil || c.knownUntil.IsZero() {
		return false
	}
	firstSeen, ok := c.firstSeen.GetIfPresent(futureTag{c.organization, tag})
	return ok && c.knownUntil.After(firstSeen.Add(skewAllowance))
}
