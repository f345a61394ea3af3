package reader

import (
	"time"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/pubstore"
)

// rememberedClaims bounds how many tags that are ahead of us are remembered.
// Forgetting one is safe: it then counts as new.
const rememberedClaims = 10_000

// claim is a client's tag that is ahead of our document. Either another reader was
// faster, or no such version exists: the tag was made up, or dates from before a
// restore.
type claim struct {
	organization organizationID
	tag          pubstore.Tag
}

// claims remembers when each claim was first met. A version that exists was committed
// before any client could present its tag. So if we hold everything that was committed up
// to a later time, and the version isn't part of that, it does not exist, and ours is the
// truth. Until then a client is never sent back to an older version.
//
// Each tag has a separate time: a proof about one tag proves nothing about another.
type claims struct {
	met *otter.Cache[claim, time.Time]
}

func newClaims() *claims {
	return &claims{otter.Must(&otter.Options[claim, time.Time]{MaximumSize: rememberedClaims})}
}

// meet records a claim, by our wall clock, unless it is already known.
func (c *claims) meet(k claim, now time.Time) { c.met.SetIfAbsent(k, now) }

// refuter checks claims about an organization. held is the time up to which we hold every
// change to it; zero if that isn't known.
type refuter struct {
	*claims
	organization organizationID
	held         time.Time
}

// refutes reports whether it is proven that no version has this tag.
func (r refuter) refutes(tag pubstore.Tag) bool {
	if r.claims == nil || r.held.IsZero() {
		return false
	}
	met, ok := r.met.GetIfPresent(claim{r.organization, tag})
	return ok && r.held.After(met.Add(skewAllowance))
}
