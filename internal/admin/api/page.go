package api

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
)

// paging is the requested part of a list.
type paging struct {
	limit  int
	cursor cursor
}

// cursor is the position where the previous page ended. It is opaque to clients.
type cursor struct {
	// Key is the last element's key. Index is its index, in case it no longer exists.
	Key   string `json:"k,omitempty"`
	Index int    `json:"i,omitempty"`
	// Before is the last element's number, for a list in descending order of numbers.
	Before int64 `json:"b,omitempty"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("api: cursor: " + err.Error()) // strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parsePaging parses limit and cursor of the query.
func parsePaging(c *fiber.Ctx, defaultLimit, maxLimit int) (paging, error) {
	p := paging{limit: defaultLimit}
	if q := c.Query("limit"); q != "" {
		n, err := strconv.Atoi(q)
		if err != nil || n < 1 || n > maxLimit {
			return p, malformedQuery("limit must be a number from 1 to %d", maxLimit)
		}
		p.limit = n
	}
	if q := c.Query("cursor"); q != "" {
		b, err := base64.RawURLEncoding.DecodeString(q)
		if err != nil || smallJSON(b, &p.cursor) != nil || p.cursor.Index < 0 || p.cursor.Before < 0 {
			return p, malformedCursor()
		}
	}
	return p, nil
}

func malformedCursor() error {
	return malformedQuery("cursor must be the next_cursor of the previous page; omit it for the first page")
}

func malformedQuery(format string, args ...any) error {
	return fault.New(fault.Malformed, "malformed_query", format, args...)
}

// paginate returns a page of a complete list, and the cursor of the next page ("" for
// none). A page starts after the previous page's last key. If that no longer exists, it
// starts at its index.
func paginate[T any](p paging, all []T, key func(T) string) ([]T, string) {
	start := 0
	if p.cursor.Key != "" {
		start = min(p.cursor.Index, len(all))
		for i, t := range all {
			if key(t) == p.cursor.Key {
				start = i + 1
				break
			}
		}
	}
	end := min(start+p.limit, len(all))
	next := ""
	if end < len(all) && end > start {
		next = cursor{Key: key(all[end-1]), Index: end - 1}.String()
	}
	return all[start:end], next
}

// trimPage returns a page of a list that was queried with one more than the limit, and
// the cursor of the next page.
func trimPage[T any](p paging, got []T, number func(T) int64) ([]T, string) {
	if len(got) <= p.limit {
		return got, ""
	}
	got = got[:p.limit]
	return got, cursor{Before: number(got[len(got)-1])}.String()
}
