package reader

import (
	"time"

	"github.com/maypok86/otter/v2"

	"orgmodes/internal/snapshot"
)

// rememberedClaims is how many tags that were ahead of us are remembered.
// Forgetting one is safe: it counts as met anew.
const rememberedClaims = 10_000

// claim is a tag of a client that is ahead of the document that we have: either
// another reader was faster, or no such version exists (it was made up, or comes
// from before a restore).
type claim struct {
	organization organizationID
	tag          snapshot.Tag
}

// claims remembers when each was met first. A version that exists was committed
// before somebody could show its tag. So where we hold everything that was
// committed up to a later moment, and the version isn't among that, there is
// none, and ours is the truth. Until then a client is never sent back to
// something older.
//
// Each tag has a time of its own: what is proven of one says nothing of the next.
type claims struct {
	met *otter.Cache[claim, time.Time]
}

func newClaims() *claims {
	return &claims{otter.Must(&otter.Options[claim, time.Time]{MaximumSize: rememberedClaims})}
}

// meet takes note of a claim, by our wall clock.
func (c *claims) meet(k claim, now time.Time) { c.met.SetIfAbsent(k, now) }

// refuter judges claims about an organization. held is up to when we hold every change
// to it; zero where that isn't known.
type refuter struct {
	*claims
	organization organizationID
	held         time.Time
}

// refutes reports whether there is no version of such a tag.
func (r refuter) refutes(tag snapshot.Tag) bool {
	if r.claims == nil || r.held.IsZero() {
		return false
	}
	met, ok := r.met.GetIfPresent(claim{r.organization, tag})
	return ok && r.held.After(met.Add(skewAllowance))
}
