package diff

import "context"

// DefaultSteps bounds the comparisons for one response to some hundredths of a second.
const DefaultSteps = 4 << 20

// bytesPerStep is the number of bytes that can be read for one step.
const bytesPerStep = 8

// contextCheckInterval is the number of steps between two checks of the context.
const contextCheckInterval = 1 << 14

// Budget bounds the work of the comparisons that share it. The shortest edit script takes time
// proportional to the product of the text lengths. So the cost of a request is counted in
// steps. A visited diagonal, a pair of equal words or lines, and eight bytes of text cost one
// step each. Comparisons beyond the budget end early and report the rest as replaced. A Budget
// must not be used concurrently.
type Budget struct {
	steps, spent, checked int
	done                  <-chan struct{}
}

// NewBudget returns a budget of this many steps, which is exhausted when ctx is done.
func NewBudget(ctx context.Context, steps int) *Budget {
	return &Budget{steps: steps, done: ctx.Done()}
}

// Spent returns the number of steps taken, at most those of the budget.
func (b *Budget) Spent() int { return min(b.spent, b.steps) }

// Exhausted reports whether nothing more can be compared.
func (b *Budget) Exhausted() bool { return b.spent >= b.steps }

// spend takes n steps, and reports whether the budget isn't exhausted.
func (b *Budget) spend(n int) bool {
	if b.spent += n; b.spent-b.checked >= contextCheckInterval {
		b.checked = b.spent
		select {
		case <-b.done:
			b.spent = max(b.spent, b.steps)
		default:
		}
	}
	return b.spent < b.steps
}
