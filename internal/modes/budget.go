package modes

import (
	"orgmodes/internal/fault"
	"orgmodes/internal/tree"
	"orgmodes/internal/wording"
)

const (
	// maxNesting bounds the recursion of our readers, far beyond MaxDepth, so
	// that what is merely too deep can be blamed on the mode that has it.
	maxNesting = 512
	// maxNodes bounds the values of one file, after aliases are followed.
	maxNodes = 250_000
	// maxYAMLMarks bounds the characters that may begin a value. yaml.v3 builds its
	// whole tree before we see any of it, at 200 bytes a value.
	maxYAMLMarks = 1_000_000
)

// budget bounds what one file, or a folder of them, may become in memory.
type budget struct {
	tree.Budget
	marks int
}

func newBudget() *budget {
	return &budget{
		Budget: tree.Budget{
			Values: maxNodes, Text: MaxUploadBytes, Depth: maxNesting, What: "This file",
			TooManyValues: fault.New(fault.TooLarge, "too_many_values",
				"This file holds more than %d values, aliases followed: more than %d modes ever need.", maxNodes, MaxModes),
			TooMuchText: fault.New(fault.TooLarge, "too_much_text",
				"With its aliases followed, this file holds more than %s of text.", wording.Bytes(MaxUploadBytes)),
		},
		marks: maxYAMLMarks,
	}
}

// spendMarks pays for what yaml.v3 is about to build.
func (b *budget) spendMarks(marks int) error {
	b.marks -= marks
	if b.marks >= 0 {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_values",
		"This file seems to hold %d values: more than %d modes ever need.", maxYAMLMarks-b.marks, MaxModes)
}

func (b *budget) spent() bool { return b.Spent() || b.marks < 0 }
