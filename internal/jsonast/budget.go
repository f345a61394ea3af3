package jsonast

import (
	"context"
	"fmt"

	"orgmodes/internal/fault"
)

// Budget bounds what one text, or several that share it, may become in memory.
type Budget struct {
	// Values and Text are how many values, and bytes of text, are left.
	Values, Text int
	// Depth is how deep values may be nested: it bounds the recursion of readers.
	Depth int
	// Marks are how many characters are left that may begin a value in YAML; JSON
	// doesn't need them.
	Marks int
	// Context ends the reading when it is done; nil for no end.
	Context context.Context //nolint:containedctx // a budget is that of one request
	// What is what is read, for messages: "This file".
	What string
	// TooManyValues and TooMuchText are the failures when nothing is left.
	TooManyValues, TooMuchText error

	spendings int
}

// Spend pays for values and for text. The error is one of the Budget's own.
func (b *Budget) Spend(values, textBytes int) error {
	// Asking for the time costs more than a value does.
	if b.spendings++; b.spendings%1024 == 0 {
		if err := b.CheckTime(); err != nil {
			return err
		}
	}
	b.Values -= values
	b.Text -= textBytes
	switch {
	case b.Values < 0:
		return b.TooManyValues
	case b.Text < 0:
		return b.TooMuchText
	}
	return nil
}

// Spent reports that nothing is left: what shares the budget can't be read either.
func (b *Budget) Spent() bool {
	return b.Values < 0 || b.Text < 0 || b.Marks < 0 || b.CheckTime() != nil
}

// CheckTime returns the error of a Context that is done.
func (b *Budget) CheckTime() error {
	if b.Context == nil {
		return nil
	}
	return b.Context.Err()
}

// CheckDepth is for who goes deeper: the *fault.Error (Invalid, "too_deep") where
// even skipping would be dangerous.
func (b *Budget) CheckDepth(depth, line, column int) error {
	if depth <= b.Depth {
		return nil
	}
	return fault.New(fault.Invalid, "too_deep", "%s is nested too deeply to be read.", b.What).
		With(fault.Field{Detail: fmt.Sprintf("nested deeper than %d levels", b.Depth), Line: line, Column: column})
}
