package templates

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/upload"
)

const (
	// MaxNameLength bounds names, in characters, like the other lengths.
	MaxNameLength = 100
	// MaxTools bounds the allowed tools of one template.
	MaxTools = 200
	// MaxToolLength bounds one allowed tool. A rule can contain a long command.
	MaxToolLength = 500
	// MaxRoleLength bounds the role.
	MaxRoleLength = 10_000
	// MaxDescriptionLength bounds the description.
	MaxDescriptionLength = 10_000
	// MaxSystemPromptLength bounds the default system prompt.
	MaxSystemPromptLength = 200_000

	// MaxTemplates bounds the templates of one organization, and of one import.
	MaxTemplates = 500
	// MaxTotalBytes bounds the sum of Template.Size over an organization's templates, which are
	// published as one document.
	MaxTotalBytes = 8 << 20
	// MaxBodyBytes bounds a request body with one template, and a file with one.
	MaxBodyBytes = 2 << 20

	// maxNesting is far beyond the nesting of any template format.
	maxNesting = 32
	// maxValues bounds the JSON values of one read, as in package modes. A full library of
	// templates with 180 tools each has fewer.
	maxValues = 100_000

	// maxProblems bounds the problems that are reported for one template.
	maxProblems = 50
)

// CheckLibrary returns a *fault.Error (TooLarge) if an organization can't have count templates
// with total bytes together.
func CheckLibrary(count, total int) error {
	if count > MaxTemplates {
		return fault.New(fault.TooLarge, "too_many_templates",
			"These are %d templates; an organization can have at most %d. Leave some out.", count, MaxTemplates)
	}
	if total > MaxTotalBytes {
		return fault.New(fault.TooLarge, "templates_too_large",
			"All templates together would be %s; an organization can have at most %s. Shorten or delete some.",
			humanize.Bytes(total), humanize.Bytes(MaxTotalBytes))
	}
	return nil
}

func checkBody(data []byte) error {
	if len(data) <= MaxBodyBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "template_too_large",
		"This is %s; a template can have at most %s.", humanize.Bytes(len(data)), humanize.Bytes(MaxBodyBytes))
}

// bodyBudget returns a budget for a request body with one template, a Patch or a Request.
func bodyBudget() *jsonast.Budget {
	const values = maxValues / 5
	b := newBudget(context.Background())
	b.Values, b.Text = values, MaxBodyBytes
	b.TooManyValues = fault.New(fault.TooLarge, "too_many_values", "This holds more than %d values: more than a template ever needs.", values)
	return b
}

// newBudget bounds the total memory of the parsed files. Reading stops when ctx is done.
func newBudget(ctx context.Context) *jsonast.Budget {
	return &jsonast.Budget{
		Context: ctx,
		Values:  maxValues, Text: upload.MaxTotalBytes, Depth: maxNesting, InputName: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This holds more than %d values: more than %d templates ever need.", maxValues, MaxTemplates),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text", "This holds more than %s of text.", humanize.Bytes(upload.MaxTotalBytes)),
	}
}
