package audit

import (
	"fmt"
	"time"
)

// ParseSince parses the start of a period: a time in RFC 3339, such as 2026-05-01T12:00:00Z, or
// a day in UTC, such as 2026-05-01, which starts at 00:00. The start belongs to the period. The
// empty string is the zero time, which sets no limit.
func ParseSince(s string) (time.Time, error) {
	t, _, err := parseTime(s)
	return t, err
}

// ParseUntil parses the end of a period, in the forms of ParseSince. A time does not belong to
// the period. A day belongs to it as a whole, as in everyday language, so the result is 00:00 of
// the next day.
func ParseUntil(s string) (time.Time, error) {
	t, isDay, err := parseTime(s)
	if isDay {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

func parseTime(s string) (t time.Time, isDay bool, err error) {
	if s == "" {
		return time.Time{}, false, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	t, err = time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("audit: %q is neither a time such as 2026-05-01T12:00:00Z nor a day such as 2026-05-01", s)
	}
	return t.UTC(), false, nil
}
