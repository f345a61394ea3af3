package templates

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/folder"
	"orgmodes/internal/tree"
	"orgmodes/internal/wording"
)

const (
	// MaxNameLength is in characters, like all lengths.
	MaxNameLength = 100
	// MaxTools bounds the allowed tools of one template.
	MaxTools = 200
	// MaxToolLength bounds one of them: a rule for a command may hold a long one.
	MaxToolLength = 500
	// MaxRoleLength, MaxDescriptionLength and MaxSystemPromptLength bound the texts.
	MaxRoleLength         = 10_000
	MaxDescriptionLength  = 10_000
	MaxSystemPromptLength = 200_000

	// MaxTemplates bounds the templates of one organization, and of one import.
	MaxTemplates = 500
	// MaxTotalBytes bounds all templates of an organization together, by
	// Template.Size: they are published as one document.
	MaxTotalBytes = 8 << 20
	// MaxBodyBytes bounds a template in a request, and a file that holds one.
	MaxBodyBytes = 2 << 20

	// maxNesting is far more than any form of a template has.
	maxNesting = 32
	// maxValues bounds the values of what is read at once, as package modes does. A full
	// library of templates with 180 tools each has less.
	maxValues = 100_000

	// maxProblems bounds what is said about one template: nobody reads more.
	maxProblems = 50
)

// CheckLibrary says whether so many templates, of so many bytes together, may be
// kept: a *fault.Error TooLarge where they may not.
func CheckLibrary(count, total int) error {
	if count > MaxTemplates {
		return fault.New(fault.TooLarge, "too_many_templates",
			"These are %d templates; an organization can have at most %d. Leave some out.", count, MaxTemplates)
	}
	if total > MaxTotalBytes {
		return fault.New(fault.TooLarge, "templates_too_large",
			"All templates together would be %s; an organization can have at most %s. Shorten or delete some.",
			wording.Bytes(total), wording.Bytes(MaxTotalBytes))
	}
	return nil
}

func checkBody(data []byte) error {
	if len(data) <= MaxBodyBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "template_too_large",
		"This is %s; a template can have at most %s.", wording.Bytes(len(data)), wording.Bytes(MaxBodyBytes))
}

// bodyBudget is newBudget for a body that holds one template, or what is asked of them.
func bodyBudget() *tree.Budget {
	const values = maxValues / 5
	b := newBudget(context.Background())
	b.Values, b.Text = values, MaxBodyBytes
	b.TooManyValues = fault.New(fault.TooLarge, "too_many_values", "This holds more than %d values: more than a template ever needs.", values)
	return b
}

// newBudget bounds what files may become in memory, all together. A context that is done
// ends the reading.
func newBudget(ctx context.Context) *tree.Budget {
	return &tree.Budget{
		Context: ctx,
		Values:  maxValues, Text: folder.MaxBytes, Depth: maxNesting, What: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This holds more than %d values: more than %d templates ever need.", maxValues, MaxTemplates),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text", "This holds more than %s of text.", wording.Bytes(folder.MaxBytes)),
	}
}
