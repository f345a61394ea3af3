package diff

import "context"

// DefaultSteps bounds the comparisons of one answer: some hundredths of a second.
const DefaultSteps = 4 << 20

// bytesPerStep is how many bytes are read for the price of a step.
const bytesPerStep = 8

// contextEvery is how many steps are taken between two looks at the context.
const contextEvery = 1 << 14

// Budget bounds the work of the comparisons that share it. The shortest way from one
// text to another takes time by the product of their lengths, so what a request costs
// is counted, in steps: one for a diagonal that is visited, for a pair of equal words
// or lines that is passed, and for eight bytes that are read. Comparisons beyond the
// budget end early: what they haven't looked at counts as replaced. A Budget belongs
// to one goroutine.
type Budget struct {
	steps, spent, checked int
	done                  <-chan struct{}
}

// NewBudget returns a budget of so many steps, which ends with ctx.
func NewBudget(ctx context.Context, steps int) *Budget {
	return &Budget{steps: steps, done: ctx.Done()}
}

// Spent returns the number of steps that were taken; never more than the budget has.
func (b *Budget) Spent() int { return min(b.spent, b.steps) }

// Exhausted reports whether nothing more can be compared.
func (b *Budget) Exhausted() bool { return b.spent >= b.steps }

// spend takes n steps, and reports whether there were as many.
func (b *Budget) spend(n int) bool {
	if b.spent += n; b.spent-b.checked >= contextEvery {
		b.checked = b.spent
		select {
		case <-b.done:
			b.spent = max(b.spent, b.steps)
		default:
		}
	}
	return b.spent < b.steps
}
