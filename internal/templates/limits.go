package templates

import (
	"fmt"

	"orgmodes/internal/fault"
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
			inWords(total), inWords(MaxTotalBytes))
	}
	return nil
}

func checkBody(data []byte) error {
	if len(data) <= MaxBodyBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "template_too_large",
		"This is %s; a template can have at most %s.", inWords(len(data)), inWords(MaxBodyBytes))
}

// inWords rounds up: something just beyond a limit must not read as equal to it.
func inWords(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%.2f MiB", float64((n*100+1<<20-1)>>20)/100)
	}
}
