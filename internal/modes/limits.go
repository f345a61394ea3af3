package modes

import (
	"orgmodes/internal/fault"
	"orgmodes/internal/wording"
)

const (
	// MaxModeBytes bounds one mode, see Mode.Size. Real ones reach 56 KB.
	MaxModeBytes = 256 << 10
	// MaxModes bounds the modes of one organization.
	MaxModes = 500
	// MaxDocumentBytes bounds all the modes of an organization together.
	MaxDocumentBytes = 8 << 20
	// MaxBodyBytes bounds one mode in a request: one of MaxModeBytes in which each
	// character is an escape fits.
	MaxBodyBytes = 2 << 20
	// MaxDepth bounds how deep the values of unknown fields may be nested.
	MaxDepth = 64

	// MaxSlugLength and MaxNameLength are in characters.
	MaxSlugLength = 50
	MaxNameLength = 100
	// MaxFieldNameLength bounds the names of unknown fields, in characters. YAML
	// readers take no key beyond 1,024 on one line, and an escaped character
	// takes six.
	MaxFieldNameLength = 128
)

// CheckBody returns a *fault.Error (TooLarge) for more than a request with one mode
// may have.
func CheckBody(data []byte) error {
	if len(data) <= MaxBodyBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "body_too_large",
		"This is %s; a request with one mode can have at most %s.", wording.Bytes(len(data)), wording.Bytes(MaxBodyBytes))
}

// CheckTotals says whether so many modes of such sizes may be kept together: a
// *fault.Error TooLarge where they may not.
func CheckTotals(ms []Mode) error {
	total := 0
	for _, m := range ms {
		total += m.Size()
	}
	return CheckLibrary(len(ms), total)
}

// CheckLibrary is CheckTotals for who has counted already: so many modes, of so
// many bytes together.
func CheckLibrary(count, total int) error {
	if count > MaxModes {
		return fault.New(fault.TooLarge, "too_many_modes",
			"These are %d modes; an organization can have at most %d. Leave some out.", count, MaxModes)
	}
	if total > MaxDocumentBytes {
		return fault.New(fault.TooLarge, "document_too_large",
			"All modes together would be %s; an organization can have at most %s. Shorten or delete some.",
			wording.Bytes(total), wording.Bytes(MaxDocumentBytes))
	}
	return nil
}
