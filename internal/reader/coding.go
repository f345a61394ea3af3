package reader

import (
	"bytes"

	"orgmodes/internal/pubstore"
)

// coding numbers the content codings in our order of preference, so that a
// representation can hold its coded bytes in an array.
type coding uint8

const (
	brotli coding = iota
	zstd
	gzip
	identity
	codingCount
)

// name returns the coding's content-coding token (RFC 9110, section 8.4.1), or ""
// for identity.
func (c coding) name() pubstore.Coding {
	return [codingCount]pubstore.Coding{pubstore.Brotli, pubstore.Zstd, pubstore.Gzip, pubstore.Identity}[c]
}

// maxEncodingElements bounds the work that one header can cause; further elements
// are ignored.
const maxEncodingElements = 32

// quality is a qvalue in thousandths (RFC 9110, section 12.4.2).
type quality int16

const qualityUnset quality = -1

// negotiate picks the coding of an answer from the lines of Accept-Encoding
// (RFC 9110, section 12.5.3). It picks the available coding with the greatest qvalue; of
// several, the one that we prefer. Identity wins only if it is named with a greater
// qvalue than any other. It is also the fallback if no other coding is acceptable, even
// if it is refused itself: an answer that the client may be unable to use is better
// than 406.
func negotiate(lines [][]byte, rep *representation) coding {
	qualities := [codingCount]quality{qualityUnset, qualityUnset, qualityUnset, qualityUnset}
	wildcard := qualityUnset
	elements := 0
	for _, line := range lines {
		for len(line) > 0 {
			var element []byte
			element, line = cutByte(line, ',')
			name, q, ok := parseEncoding(element)
			if !ok {
				continue
			}
			if elements++; elements > maxEncodingElements {
				break
			}
			if len(name) == 1 && name[0] == '*' {
				wildcard = q
				continue
			}
			if c, supported := parseCoding(name); supported {
				qualities[c] = q
			}
		}
	}
	best, bestQ := identity, quality(0)
	for c := range identity {
		q := qualities[c]
		if q == qualityUnset {
			q = wildcard
		}
		if q > bestQ && rep.hasCoding(c) {
			best, bestQ = c, q
		}
	}
	if qualities[identity] > bestQ {
		return identity
	}
	return best
}

func parseCoding(name []byte) (coding, bool) {
	switch {
	case foldEqual(name, "br"):
		return brotli, true
	case foldEqual(name, "zstd"):
		return zstd, true
	case foldEqual(name, "gzip"), foldEqual(name, "x-gzip"): // RFC 9110, section 8.4.1.3
		return gzip, true
	case foldEqual(name, "identity"):
		return identity, true
	}
	return 0, false
}

// parseEncoding parses "name" or "name;q=0.5". It reports false for any other form,
// which is skipped rather than guessed at.
func parseEncoding(element []byte) (name []byte, q quality, ok bool) {
	name, params := cutByte(element, ';')
	name = trim(name)
	if len(name) == 0 {
		return nil, 0, false
	}
	q = 1000
	for len(params) > 0 {
		var param []byte
		param, params = cutByte(params, ';')
		key, value := cutByte(param, '=')
		if !foldEqual(trim(key), "q") {
			continue
		}
		if q, ok = parseQuality(trim(value)); !ok {
			return nil, 0, false
		}
	}
	return name, q, true
}

// parseQuality parses 0, 0.5, 1.000: at most three digits after the point.
func parseQuality(b []byte) (quality, bool) {
	if len(b) == 0 || len(b) > 5 || b[0] != '0' && b[0] != '1' {
		return 0, false
	}
	q, unit := quality(b[0]-'0')*1000, quality(100)
	if len(b) > 1 && b[1] != '.' {
		return 0, false
	}
	for i := 2; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' {
			return 0, false
		}
		q += quality(b[i]-'0') * unit
		unit /= 10
	}
	return q, q <= 1000
}

func cutByte(b []byte, sep byte) (before, after []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// trim removes optional whitespace (RFC 9110, section 5.6.3).
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// foldEqual compares b with a lower-case ASCII string, ignoring case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
