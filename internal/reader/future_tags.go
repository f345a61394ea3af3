package reader

import (
	"time"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/pubstore"
)

// maxFutureTags bounds how many tags that are ahead of us are remembered.
// Forgetting one is safe: it then counts as new.
const maxFutureTags = 10_000

// futureTag is a client's tag that is ahead of our document. Either another reader was
// faster, or no such version exists: the tag was made up, or dates from before a
// restore.
type futureTag struct {
	organization organizationID
	tag          pubstore.Tag
}

// futureTags remembers when each claim was first met. A version that exists was committed
// before any client could present its tag. So if we hold everything that was committed up
// to a later time, and the version isn't part of that, it does not exist, and ours is the
// truth. Until then a client is never sent back to an older version.
//
// Each tag has a separate time: a proof about one tag proves nothing about another.
type futureTags struct {
	firstSeen *otter.Cache[futureTag, time.Time]
}

func newFutureTags() *futureTags {
	return &futureTags{otter.Must(&otter.Options[futureTag, time.Time]{MaximumSize: maxFutureTags})}
}

// observe records a claim, by our wall clock, unless it is already known.
func (c *futureTags) observe(k futureTag, now time.Time) { c.firstSeen.SetIfAbsent(k, now) }

// tagChecker checks claims about an organization. held is the time up to which we hold every
// change to it; zero if that isn't known.
type tagChecker struct {
	*futureTags
	organization organizationID
	knownUntil   time.Time
}

// impossible reports whether it is proven that no version has this tag.
func (r tagChecker) impossible(tag pubstore.Tag) bool {
	if r.futureTags == nil || r.knownUntil.IsZero() {
		return false
	}
	firstSeen, ok := r.firstSeen.GetIfPresent(futureTag{r.organization, tag})
	return ok && r.knownUntil.After(firstSeen.Add(skewAllowance))
}
