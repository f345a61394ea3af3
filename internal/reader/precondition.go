package reader

import (
	"encoding/hex"

	"orgmodes/internal/pubstore"
)

// An If-None-Match beyond these limits is ignored: a full answer is always correct.
const (
	maxTags     = 16
	maxTagBytes = 1 << 10
)

// preconditionResult is the result of comparing If-None-Match with our representation.
type preconditionResult uint8

const (
	// modified means that the client has something else, or sent no tag; answer 200.
	modified preconditionResult = iota
	// notModified means that the client has these bytes; answer 304.
	notModified
	// newer means that the client has a newer version than this reader; check again
	// before answering with an older one.
	newer
	preconditionResultCount
)

// evaluateIfMatch evaluates the lines of If-Match (RFC 9110, section 13.1.1) with strong
// comparison: a weak tag never matches, and neither does the tag of another coding. Without
// the header every representation matches. A reader that is behind refuses the tag of a
// newer version, because it can't send that version.
func evaluateIfMatch(lines [][]byte, ours []byte) bool {
	for _, line := range lines {
		for tag, rest, ok := nextTag(line); ok; tag, rest, ok = nextTag(rest) {
			if len(tag) == 1 || string(tag) == string(ours) { // only "*" is that short
				return true
			}
		}
	}
	return len(lines) == 0
}

// evaluateIfNoneMatch evaluates the lines of If-None-Match (RFC 9110, section 13.1.2) with
// weak comparison. It ignores the coding in a tag's suffix: ours ("-gz") or one
// that a proxy appended ("-gzip", "--gzip"). It returns the tag that the 304
// must repeat, as the client wrote it; nil for "*", which has none.
//
// The tag is repeated with its W/ and its suffix because a cache freshens only
// the stored response whose validator it recognizes (RFC 9111, section 4.3.4).
//
// If a tag is newer than the version and isn't known to be impossible, it is returned
// parsed.
func evaluateIfNoneMatch(lines [][]byte, ours *representation, version pubstore.Version, preferred []byte, checker tagChecker,
) (result preconditionResult, repeat []byte, newerTag pubstore.Tag) {
	total := 0
	for _, line := range lines {
		total += len(line)
	}
	if total == 0 || total > maxTagBytes {
		return modified, nil, newerTag
	}
	c := comparison{ours: ours, version: version, preferred: preferred, checker: checker}
	tags := 0
	for _, line := range lines {
		tag, rest, ok := nextTag(line)
		for ; ok; tag, rest, ok = nextTag(rest) {
			if tags++; tags > maxTags {
				return modified, nil, newerTag
			}
			c.add(tag)
		}
		if len(rest) > 0 {
			// Not an entity-tag: nothing after it can be trusted to be one. The tags
			// before it count.
			break
		}
	}
	return c.result, c.repeat, c.newerTag
}

// comparison compares the tags of one request with our representation.
type comparison struct {
	ours      *representation
	version   pubstore.Version
	preferred []byte // the tag to repeat if several match
	checker   tagChecker

	result   preconditionResult
	repeat   []byte
	newerTag pubstore.Tag
}

// add compares one more tag:
//
//	tag                     result so far   becomes
//	"*"                     any other       notModified, without a tag to repeat
//	ours                    any other       notModified
//	ours, and preferred     notModified     notModified, with this tag to repeat
//	newer, not impossible   modified        newer
func (c *comparison) add(tag []byte) {
	switch {
	case len(tag) == 1: // only "*" is that short
		if c.result != notModified {
			c.result, c.repeat = notModified, nil
		}
	case tagMatches(tag, c.ours.tag):
		if c.result != notModified || string(tag) == string(c.preferred) {
			c.result, c.repeat = notModified, tag
		}
	case c.result == modified:
		if t, ok := parseTag(tag); ok && isNewer(t, c.version) && !c.checker.impossible(t) {
			c.result, c.repeat, c.newerTag = newer, tag, t
		}
	}
}

// nextTag reads the next entity-tag of a list (RFC 9110, sections 5.6.1 and
// 8.8.3), with W/ and quotes, or "*". If there is none, rest is the text in its
// place, or empty at the end of the list.
func nextTag(list []byte) (tag, rest []byte, ok bool) {
	list = skipSeparators(list)
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
		if list[i] == '"' {
			return list[:i+1], list[i+1:], true
		}
		if !isTagByte(list[i]) {
			break
		}
	}
	return nil, list, false
}

func skipSeparators(list []byte) []byte {
	for len(list) > 0 && (list[0] == ' ' || list[0] == '\t' || list[0] == ',') {
		list = list[1:]
	}
	return list
}

// isTagByte reports whether c is an etagc (RFC 9110, section 8.8.3).
func isTagByte(c byte) bool { return c == 0x21 || c >= 0x23 && c <= 0x7E || c >= 0x80 }

// opaqueTag strips W/ and the quotes from a tag returned by nextTag.
func opaqueTag(tag []byte) []byte {
	if tag[0] == 'W' {
		tag = tag[2:]
	}
	return tag[1 : len(tag)-1]
}

func tagMatches(tag, ours []byte) bool {
	o := opaqueTag(tag)
	return len(o) >= len(ours) && string(o[:len(ours)]) == string(ours) && isCodingSuffix(o[len(ours):])
}

// isCodingSuffix reports whether s, the text after our tag, only names a coding. Our
// tags contain no hyphen and end in a hash of fixed length, so a suffix can't be
// confused with a part of a tag.
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

// isNewer reports whether a tag has a later revision than our document. It compares
// the version of the document rather than that of the representation, whose tag only
// records when it last changed before that version.
func isNewer(t pubstore.Tag, version pubstore.Version) bool {
	return t.Epoch > version.Epoch || t.Epoch == version.Epoch && t.Revision > version.Revision
}

// parseTag parses a tag in our format.
func parseTag(tag []byte) (t pubstore.Tag, ok bool) {
	epoch, o, ok := parseNumber(opaqueTag(tag))
	if !ok {
		return t, false
	}
	revision, o, ok := parseNumber(o)
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

// parseNumber parses decimal digits and the point after them.
func parseNumber(b []byte) (n int64, rest []byte, ok bool) {
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
