package api

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
)

// keyUntagged is the local that marks a response with content that its ETag doesn't cover.
type keyUntagged struct{}

// untagged marks the response: it has content that can change while its ETag stays the same.
// It is then never answered with 304, which would hide such a change.
func untagged(c *fiber.Ctx) { c.Locals(keyUntagged{}, true) }

// conditional evaluates the preconditions of a GET or HEAD, against the ETag of the response
// to the same request without them: first If-Match, then If-None-Match (RFC 9110, section
// 13.2.2). A response other than 200, or without ETag, is unconditional.
func conditional(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	res := c.Response()
	tag := string(res.Header.Peek(fiber.HeaderETag))
	if method := c.Method(); method != fiber.MethodGet && method != fiber.MethodHead || res.StatusCode() != http.StatusOK || tag == "" {
		return nil
	}
	match, err := precondition(c)
	if err == nil && !match.matches(tag) {
		err = fault.New(fault.Stale, "version_conflict", "The ETag in If-Match is not the current one, which is %s", tag)
	}
	if err != nil {
		return err
	}
	if c.Locals(keyUntagged{}) != nil || !noneMatchHas(joinLines(c, fiber.HeaderIfNoneMatch), tag) {
		return nil
	}
	// The other headers are those of the 200 (RFC 9110, section 15.4.5).
	res.ResetBody()
	res.Header.Del(fiber.HeaderContentType)
	res.SetStatusCode(http.StatusNotModified)
	return nil
}

// noneMatchHas reports whether If-None-Match has a tag, with weak comparison (RFC 9110,
// section 13.1.2). "*" has every tag. Anything else is ignored.
func noneMatchHas(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
