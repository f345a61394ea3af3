package reader

import (
	"encoding/hex"

	"orgmodes/internal/snapshot"
)

// Beyond these an If-None-Match is as if absent: a full answer is always right.
const (
	maxTags     = 16
	maxTagBytes = 1 << 10
)

// verdict is what an If-None-Match says about the representation that we have.
type verdict uint8

const (
	// changed: the client has something else, or said nothing; answer 200.
	changed verdict = iota
	// same: the client has these bytes; answer 304.
	same
	// ahead: the client has seen a newer version than this reader; look again
	// before answering with an older one.
	ahead
	verdicts
)

// judge evaluates the lines of If-None-Match (RFC 9110, section 13.1.2) with
// weak comparison, ignoring the coding that a tag is of: ours ("-gz") or one
// that a proxy appended ("-gzip", "--gzip"). It returns the tag that the 304
// has to repeat, as the client wrote it; nil for "*", which has none.
//
// The tag is repeated with its W/ and its suffix since a cache freshens only
// the stored answer whose validator it recognizes (RFC 9111, section 4.3.4).
//
// A tag that is ahead of the version, and isn't refuted, is returned parsed.
func judge(lines [][]byte, ours *representation, version snapshot.Version, preferred []byte, known refuter,
) (said verdict, repeat []byte, claimed snapshot.Tag) {
	total := 0
	for _, line := range lines {
		total += len(line)
	}
	if total == 0 || total > maxTagBytes {
		return changed, nil, claimed
	}
	tags := 0
	for _, line := range lines {
		for {
			tag, rest, ok := nextTag(line)
			if !ok && len(rest) > 0 {
				// Something that is no tag: nothing behind it can be trusted to be
				// one; what stood before it counts.
				return said, repeat, claimed
			}
			if !ok {
				break
			}
			line = rest
			if tags++; tags > maxTags {
				return changed, nil, claimed
			}
			if len(tag) == 1 { // only "*" is that short
				if said != same {
					said, repeat = same, nil
				}
				continue
			}
			if matches(tag, ours.tag) {
				if said != same || string(tag) == string(preferred) {
					said, repeat = same, tag
				}
			} else if said == changed {
				if t, ok := parseTag(tag); ok && isAhead(t, version) && !known.refutes(t) {
					said, repeat, claimed = ahead, tag, t
				}
			}
		}
	}
	return said, repeat, claimed
}

// nextTag reads the next entity-tag of a list (RFC 9110, sections 5.6.1 and
// 8.8.3), with W/ and quotes, or "*". Without one, rest is what stands in its
// place: nothing at the end.
func nextTag(list []byte) (tag, rest []byte, ok bool) {
	for len(list) > 0 && (list[0] == ' ' || list[0] == '\t' || list[0] == ',') {
		list = list[1:]
	}
	if len(list) == 0 {
		return nil, nil, false
	}
	if list[0] == '*' {
		return list[:1], list[1:], true
	}
	start := 0
	if len(list) > 2 && list[0] == 'W' && list[1] == '/' {
		start = 2
	}
	if list[start] != '"' {
		return nil, list, false
	}
	for i := start + 1; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"':
			return list[:i+1], list[i+1:], true
		case c == 0x21 || c >= 0x23 && c <= 0x7E || c >= 0x80:
		default:
			return nil, list, false
		}
	}
	return nil, list, false
}

// opaque cuts W/ and the quotes off a tag of nextTag.
func opaque(tag []byte) []byte {
	if tag[0] == 'W' {
		tag = tag[2:]
	}
	return tag[1 : len(tag)-1]
}

func matches(tag, ours []byte) bool {
	o := opaque(tag)
	return len(o) >= len(ours) && string(o[:len(ours)]) == string(ours) && isCodingSuffix(o[len(ours):])
}

// isCodingSuffix reports whether what follows our tag only names a coding. Our
// tags have no hyphen and end in a hash of fixed length, so nothing that could
// be mistaken for one is lost.
func isCodingSuffix(s []byte) bool {
	if len(s) == 0 {
		return true
	}
	hyphens := 0
	for hyphens < len(s) && hyphens < 2 && s[hyphens] == '-' {
		hyphens++
	}
	name := s[hyphens:]
	if hyphens == 0 || len(name) == 0 || len(name) > 8 {
		return false
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isAhead reports whether a tag is of a later revision than the document that
// we have. A document's version, not its representation's: a document says of
// each representation when it last changed up to then.
func isAhead(t snapshot.Tag, version snapshot.Version) bool {
	return t.Epoch > version.Epoch || t.Epoch == version.Epoch && t.Revision > version.Revision
}

// parseTag reads a tag of the form of ours.
func parseTag(tag []byte) (t snapshot.Tag, ok bool) {
	epoch, o, ok := number(opaque(tag))
	if !ok {
		return t, false
	}
	revision, o, ok := number(o)
	if !ok || len(o) < 2*len(t.Hash) {
		return t, false
	}
	digits := o[:2*len(t.Hash)]
	if _, err := hex.Decode(t.Hash[:], digits); err != nil || !isCodingSuffix(o[len(digits):]) {
		return t, false
	}
	t.Epoch, t.Revision = epoch, revision
	return t, true
}

// number reads decimal digits and the point behind them.
func number(b []byte) (n int64, rest []byte, ok bool) {
	for i, c := range b {
		if c == '.' {
			return n, b[i+1:], i > 0
		}
		if c < '0' || c > '9' || i >= 18 {
			return 0, nil, false
		}
		n = n*10 + int64(c-'0')
	}
	return 0, nil, false
}
