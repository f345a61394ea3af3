package modes

import (
	"fmt"

	"orgmodes/internal/fault"
)

const (
	// MaxModeBytes bounds one mode, see Mode.Size. Real ones reach 56 KB.
	MaxModeBytes = 256 << 10
	// MaxModes bounds the modes of one organization.
	MaxModes = 500
	// MaxDocumentBytes bounds all the modes of an organization together.
	MaxDocumentBytes = 8 << 20
	// MaxUploadBytes bounds what one request may bring.
	MaxUploadBytes = 10 << 20
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
			bytesInWords(total), bytesInWords(MaxDocumentBytes))
	}
	return nil
}

func checkUpload(data []byte) error {
	if len(data) <= MaxUploadBytes {
		return nil
	}
	size := bytesInWords(len(data))
	if len(data) == MaxUploadBytes+1 { // nobody reads on to learn how much more there is
		size = "more than " + bytesInWords(MaxUploadBytes)
	}
	return fault.New(fault.TooLarge, "upload_too_large",
		"This is %s; one upload can have at most %s. Split it into several files.", size, bytesInWords(MaxUploadBytes))
}

// bytesInWords rounds up: something just beyond a limit must not read as equal
// to it.
func bytesInWords(n int) string {
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
