package web

import (
	"fmt"
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

// undoing is a field that has a mode restored as it was at Version, where it still
// is at Seen: what the change that is undone has made of it.
type undoing struct {
	ID            uuid.UUID
	Version, Seen int64
}

func (u undoing) pair() pair {
	return pair{"mode", fmt.Sprintf("%s:%d:%d", u.ID, u.Version, u.Seen)}
}

// undoingOf reads one.
func undoingOf(field string) (u undoing, err error) {
	parts := strings.Split(field, ":")
	if len(parts) != 3 {
		return u, unreadable(nil)
	}
	id, version, err := versionOf(parts[0] + ":" + parts[1])
	if err != nil {
		return u, err
	}
	if u.Seen, err = strconv.ParseInt(parts[2], 10, 64); err != nil || u.Seen < 1 {
		return u, unreadable(err)
	}
	u.Version = version
	u.ID, err = parseID(id)
	return u, err
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
