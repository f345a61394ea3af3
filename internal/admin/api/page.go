package api

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
)

// paging is the part of a list that is asked for.
type paging struct {
	limit  int
	cursor cursor
}

// cursor is where the page before ended. To clients it is opaque.
type cursor struct {
	// Key is the last one's; Index its place, for when it is gone.
	Key   string `json:"k,omitempty"`
	Index int    `json:"i,omitempty"`
	// Before is the last number of a list that counts down.
	Before int64 `json:"b,omitempty"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("api: cursor: " + err.Error()) // strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// pagingOf reads limit and cursor of the query.
func pagingOf(c *fiber.Ctx, usual, most int) (paging, error) {
	p := paging{limit: usual}
	if q := c.Query("limit"); q != "" {
		n, err := strconv.Atoi(q)
		if err != nil || n < 1 || n > most {
			return p, malformedQuery("limit is a number from 1 to %d", most)
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
	return malformedQuery("cursor is the next_cursor of the page before; leave it out for the first page")
}

func malformedQuery(format string, args ...any) error {
	return fault.New(fault.Malformed, "malformed_query", format, args...)
}

// page cuts a page out of a list that is known as a whole, and returns the
// cursor of the next ("" for none). A page goes on behind the last one's key;
// where that is gone, at its place.
func page[T any](p paging, all []T, key func(T) string) ([]T, string) {
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

// counted cuts a page out of a list that was asked for with one more than the
// limit, and returns the cursor of the next.
func counted[T any](p paging, got []T, number func(T) int64) ([]T, string) {
	if len(got) <= p.limit {
		return got, ""
	}
	got = got[:p.limit]
	return got, cursor{Before: number(got[len(got)-1])}.String()
}
