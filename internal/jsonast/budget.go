package jsonast

import (
	"context"
	"fmt"

	"orgmodes/internal/fault"
)

// Budget bounds the memory that one text, or several that share the budget, can take once
// parsed.
type Budget struct {
	// Values and Text are the remaining number of values and of text bytes.
	Values, Text int
	// Depth is the maximum nesting depth; it bounds the recursion of the parsers.
	Depth int
	// Marks is the remaining number of characters that could start a YAML value. JSON doesn't
	// use it.
	Marks int
	// Context stops the parsing when it is done; nil means never.
	Context context.Context //nolint:containedctx // a budget is that of one request
	// What names the input in messages: "This file".
	What string
	// TooManyValues and TooMuchText are the errors for an exhausted budget.
	TooManyValues, TooMuchText error

	spendings int
}

// Spend charges the budget for values and text. The error is TooManyValues, TooMuchText or that
// of Context.
func (b *Budget) Spend(values, textBytes int) error {
	// Checking the context costs more than a value does.
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

// Spent reports whether the budget is exhausted: other texts that share it can't be read
// either.
func (b *Budget) Spent() bool {
	return b.Values < 0 || b.Text < 0 || b.Marks < 0 || b.CheckTime() != nil
}

// CheckTime returns the error of Context, if it is done.
func (b *Budget) CheckTime() error {
	if b.Context == nil {
		return nil
	}
	return b.Context.Err()
}

// CheckDepth returns a *fault.Error (Invalid, "too_deep") if depth exceeds the limit. Beyond
// it, even skipping values would be dangerous.
func (b *Budget) CheckDepth(depth, line, column int) error {
	if depth <= b.Depth {
		return nil
	}
	return fault.New(fault.Invalid, "too_deep", "%s is nested too deeply to be read.", b.What).
		With(fault.Field{Detail: fmt.Sprintf("nested deeper than %d levels", b.Depth), Line: line, Column: column})
}
