package api

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// etag returns the entity-tag of a version. It includes the id, so that an object
// recreated under the same slug is never mistaken for the one that it replaces.
func etag(id uuid.UUID, version int64) string { return fmt.Sprintf(`"%s.%d"`, id, version) }

// ifMatch is the If-Match header (RFC 9110, section 13.1.1).
type ifMatch struct {
	present, any bool
	tags         []string
}

// matches reports whether a tag satisfies the header. Weak tags never do.
func (m ifMatch) matches(tag string) bool {
	if !m.present || m.any {
		return true
	}
	for _, t := range m.tags {
		if t == tag {
			return true
		}
	}
	return false
}

// noVersion is a version that no object has.
const noVersion = -1

// expectedVersion returns the version to pass to package postgres as expected: the current one if
// the header matches it, or 0 if the caller accepts any.
func (m ifMatch) expectedVersion(id uuid.UUID, version int64) int64 {
	switch {
	case !m.present, m.any:
		return 0
	case m.matches(etag(id, version)):
		return version
	default:
		return noVersion
	}
}

// CodeWeakIfMatch is the code for an If-Match that can't match.
const CodeWeakIfMatch = "weak_if_match"

// precondition parses If-Match. It fails if the header can't match anything: if it is
// malformed, or has only weak tags, which never match (RFC 9110, section 13.1.1).
func precondition(c *fiber.Ctx) (ifMatch, error) {
	header := strings.TrimSpace(joinLines(c, fiber.HeaderIfMatch))
	switch header {
	case "":
		return ifMatch{}, nil
	case "*":
		return ifMatch{present: true, any: true}, nil
	}
	m, weak := ifMatch{present: true}, true
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.TrimSpace(part)
		opaque := strings.TrimPrefix(tag, "W/")
		if len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
			return m, fault.New(fault.Malformed, "malformed_if_match", `If-Match must be an entity-tag as received in ETag, with its quotes, or "*"`)
		}
		m.tags, weak = append(m.tags, tag), weak && opaque != tag
	}
	if weak {
		return m, fault.New(fault.Stale, CodeWeakIfMatch,
			"A weak tag (W/) never matches in If-Match. Nothing was done; send the ETag without W/, which a proxy that compresses answers may have added")
	}
	return m, nil
}

// joinLines returns the value of a header that is a list and can have several lines.
func joinLines(c *fiber.Ctx, name string) string {
	lines := c.Request().Header.PeekAll(name)
	if len(lines) == 0 {
		return ""
	}
	return string(bytes.Join(lines, []byte(",")))
}

// requirePrecondition is precondition for requests in which If-Match is mandatory.
func requirePrecondition(c *fiber.Ctx) (ifMatch, error) {
	m, err := precondition(c)
	if err == nil && !m.present {
		err = fault.New(fault.PreconditionRequired, "precondition_required",
			"If-Match is required: send the ETag of the version that you changed, so that no newer version is overwritten")
	}
	return m, err
}
