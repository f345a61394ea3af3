package modes

import (
	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
)

const (
	// MaxModeBytes bounds one mode, see Mode.Size. Real modes reach 56 KB.
	MaxModeBytes = 256 << 10
	// MaxModes bounds the modes of one organization.
	MaxModes = 500
	// MaxDocumentBytes bounds all the modes of an organization together.
	MaxDocumentBytes = 8 << 20
	// MaxBodyBytes bounds a request with one mode. A mode of MaxModeBytes fits even if every
	// character is escaped.
	MaxBodyBytes = 2 << 20
	// MaxDepth bounds the nesting of values in unknown fields.
	MaxDepth = 64

	// MaxSlugLength bounds slugs, in characters.
	MaxSlugLength = 50
	// MaxNameLength bounds display names, in characters.
	MaxNameLength = 100
	// MaxFieldNameLength bounds the names of unknown fields, in characters. YAML parsers accept
	// keys of up to 1,024 characters on one line, and an escaped character takes six.
	MaxFieldNameLength = 128
)

// CheckBody returns a *fault.Error (TooLarge) if data exceeds the limit for a request with one
// mode.
func CheckBody(data []byte) error {
	if len(data) <= MaxBodyBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "body_too_large",
		"This is %s; a request with one mode can have at most %s.", humanize.Bytes(len(data)), humanize.Bytes(MaxBodyBytes))
}

// CheckTotals returns a *fault.Error (TooLarge) if an organization can't have all of these
// modes.
func CheckTotals(ms []Mode) error {
	total := 0
	for _, m := range ms {
		total += m.Size()
	}
	return CheckLibrary(len(ms), total)
}

// CheckLibrary is CheckTotals for count modes of total bytes together.
func CheckLibrary(count, total int) error {
	if count > MaxModes {
		return fault.New(fault.TooLarge, "too_many_modes",
			"These are %d modes; an organization can have at most %d. Leave some out.", count, MaxModes)
	}
	if total > MaxDocumentBytes {
		return fault.New(fault.TooLarge, "document_too_large",
			"All modes together would be %s; an organization can have at most %s. Shorten or delete some.",
			humanize.Bytes(total), humanize.Bytes(MaxDocumentBytes))
	}
	return nil
}
