package web

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// versionOf reads a field that names a version of something: id, colon, number.
func versionOf(field string) (id string, version int64, err error) {
	id, number, _ := strings.Cut(field, ":")
	if version, err = strconv.ParseInt(number, 10, 64); err != nil || version < 1 {
		return "", 0, unreadable(err)
	}
	if _, err := parseID(id); err != nil {
		return "", 0, err
	}
	return id, version, nil
}

func parseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, unreadable(err)
	}
	return id, nil
}

func unreadable(err error) error {
	return fault.New(fault.Malformed, "malformed_form", "The form could not be read; load the page again").Because(err)
}
