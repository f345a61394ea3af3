package modes

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/tree"
	"orgmodes/internal/wording"
)

const (
	// maxNesting bounds the recursion of our readers, far beyond MaxDepth, so
	// that what is merely too deep can be blamed on the mode that has it.
	maxNesting = 512
	// maxNodes bounds the values of one file, after aliases are followed.
	maxNodes = 100_000
	// maxYAMLMarks bounds the characters of one file that may begin a value in YAML,
	// see tree.Budget.
	maxYAMLMarks = 200_000
)

// newBudget bounds what one file, or a folder of them, may become in memory. A context
// that is done ends the reading.
func newBudget(ctx context.Context) *tree.Budget {
	return &tree.Budget{
		Context: ctx,
		Values:  maxNodes, Text: MaxUploadBytes, Depth: maxNesting, Marks: maxYAMLMarks, What: "This file",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This file holds more than %d values, aliases followed: more than %d modes ever need.", maxNodes, MaxModes),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases followed, this file holds more than %s of text.", wording.Bytes(MaxUploadBytes)),
	}
}

// storedBudget is for a mode that was taken before: what was valid once can be read
// forever.
func storedBudget() *tree.Budget {
	b := newBudget(context.Background())
	b.Values, b.Text = 1<<20, 2*MaxUploadBytes
	return b
}

// modeBudget is newBudget for a text that holds one mode.
func modeBudget(ctx context.Context) *tree.Budget {
	const values = maxNodes / 5
	return &tree.Budget{
		Context: ctx,
		Values:  values, Text: MaxBodyBytes, Depth: maxNesting, Marks: maxYAMLMarks / 5, What: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This holds more than %d values, aliases followed: more than a mode ever needs.", values),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases followed, this holds more than %s of text.", wording.Bytes(MaxBodyBytes)),
	}
}

// parseYAML reads YAML; locate turns a position into the one to remember, nil keeps
// it.
func parseYAML(data []byte, b *tree.Budget, locate func(line, column int) (int, int)) (*tree.Node, error) {
	return tree.YAML{
		Budget: b, Locate: locate, Several: "put all modes into one list",
		Empty: fault.New(fault.Invalid, "not_a_modes_file",
			"This file is empty. Expected `customModes:` with a list of modes below it."),
	}.Parse(data)
}
