package api

import (
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

// precondition parses If-Match.
func precondition(c *fiber.Ctx) (ifMatch, error) {
	header := strings.TrimSpace(c.Get(fiber.HeaderIfMatch))
	switch header {
	case "":
		return ifMatch{}, nil
	case "*":
		return ifMatch{present: true, any: true}, nil
	}
	m := ifMatch{present: true}
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.TrimSpace(part)
		opaque := strings.TrimPrefix(tag, "W/")
		if len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
			return m, fault.New(fault.Malformed, "malformed_if_match", `If-Match must be an entity-tag as received in ETag, with its quotes, or "*"`)
		}
		m.tags = append(m.tags, tag)
	}
	return m, nil
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
