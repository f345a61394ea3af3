package shell

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

// FormatPlace formats a place in a list of versions for a URL.
func FormatPlace(p postgres.Place) string {
	return strings.Join([]string{strconv.FormatInt(p.Revision, 10), p.Subject.String(), strconv.FormatInt(p.Version, 10)}, ".")
}

// ParsePlace parses the result of FormatPlace. For anything else, ok is false and p is nil,
// which means the newest place.
func ParsePlace(text string) (p *postgres.Place, ok bool) {
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
	return &postgres.Place{Revision: revision, Subject: subject, Version: version}, true
}
