package shell

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

// FormatHistoryCursor formats a cursor, the last version on a page of a history, for the URL
// of the next page. ParseHistoryCursor is the inverse.
func FormatHistoryCursor(p postgres.HistoryCursor) string {
	return strings.Join([]string{strconv.FormatInt(p.Revision, 10), p.Subject.String(), strconv.FormatInt(p.Version, 10)}, ".")
}

// ParseHistoryCursor parses the result of FormatHistoryCursor. For any other text, including
// "", ok is false, and p is nil, which stands for the first page.
func ParseHistoryCursor(text string) (p *postgres.HistoryCursor, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, false
	}
	revision, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return nil, false
	}
	subject, err := uuid.Parse(parts[1])
	if err != nil {
		return nil, false
	}
	version, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return nil, false
	}
	return &postgres.HistoryCursor{Revision: revision, Subject: subject, Version: version}, true
}
