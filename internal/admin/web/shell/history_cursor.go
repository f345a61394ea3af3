package shell

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

// FormatHistoryCursor formats a position in a list of versions for a URL. ParseHistoryCursor
// is the inverse.
func FormatHistoryCursor(p postgres.HistoryCursor) string {
	return strings.Join([]string{strconv.FormatInt(p.Revision, 10), p.Subject.String(), strconv.FormatInt(p.Version, 10)}, ".")
}

// ParseHistoryCursor parses the result of FormatHistoryCursor. For anything else, including
// "", ok is false and p is nil, which means the newest position.
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
