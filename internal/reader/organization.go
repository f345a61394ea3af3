package reader

import "encoding/hex"

// organizationID is an organization's UUID. As an array it is a map key without
// allocations, and it can't alias a request's buffer.
type organizationID [16]byte

// uuidLen is the length of the text form of a UUID (RFC 9562, section 4).
const uuidLen = 36

// parseOrganization parses the text form of a UUID, with digits in either case. It
// accepts no other spelling (braces, urn:, no hyphens).
func parseOrganization[T ~string | ~[]byte](text T) (id organizationID, ok bool) {
	if len(text) != uuidLen {
		return id, false
	}
	n := 0
	for i := 0; i < uuidLen; {
		switch i {
		case 8, 13, 18, 23:
			if text[i] != '-' {
				return organizationID{}, false
			}
			i++
			continue
		}
		high, ok1 := unhex(text[i])
		low, ok2 := unhex(text[i+1])
		if !ok1 || !ok2 {
			return organizationID{}, false
		}
		id[n] = high<<4 | low
		n++
		i += 2
	}
	return id, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// String returns the canonical form, which Redis keys contain: lower case.
func (id organizationID) String() string {
	var b [uuidLen]byte
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:36], id[10:16])
	return string(b[:])
}
