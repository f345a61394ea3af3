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
	// ValueStarts is the remaining number of characters that could start a YAML value. JSON
	// doesn't use it.
	ValueStarts int
	// Context stops the parsing when it is done; nil means never.
	Context context.Context //nolint:containedctx // a budget is that of one request
	// InputName names the input in messages: "This file".
	InputName string
	// TooManyValues and TooMuchText are the errors for an exhausted budget.
	TooManyValues, TooMuchText error

	spendCalls int
}

// Spend charges the budget for values and text. The error is TooManyValues, TooMuchText or that
// of Context.
func (b *Budget) Spend(values, textBytes int) error {
	// Checking the context costs more than a value does.
	if b.spendCalls++; b.spendCalls%1024 == 0 {
		if err := b.CheckContext(); err != nil {
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

// Exhausted reports whether the budget is exhausted: other texts that share it can't be read
// either.
func (b *Budget) Exhausted() bool {
	return b.Values < 0 || b.Text < 0 || b.ValueStarts < 0 || b.CheckContext() != nil
}

// CheckContext returns the error of Context, if it is done.
func (b *Budget) CheckContext() error {
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
	return fault.New(fault.Invalid, "too_deep", "%s is nested too deeply to be read.", b.InputName).
		With(fault.Field{Detail: fmt.Sprintf("nested deeper than %d levels", b.Depth), Line: line, Column: column})
}
