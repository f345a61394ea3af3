package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// VersionOf reads a field that names a version of something: id, colon, number.
func VersionOf(field string) (id string, version int64, err error) {
	id, number, _ := strings.Cut(field, ":")
	if version, err = strconv.ParseInt(number, 10, 64); err != nil || version < 1 {
		return "", 0, Unreadable(err)
	}
	if _, err := ParseID(id); err != nil {
		return "", 0, err
	}
	return id, version, nil
}

// Undoing is a field that has a mode restored as it was at Version, where it still
// is at Seen: what the change that is undone has made of it.
type Undoing struct {
	ID            uuid.UUID
	Version, Seen int64
}

// Pair is the field of a form that says so.
func (u Undoing) Pair() Pair {
	return Pair{"mode", fmt.Sprintf("%s:%d:%d", u.ID, u.Version, u.Seen)}
}

// UndoingOf reads one.
func UndoingOf(field string) (u Undoing, err error) {
	parts := strings.Split(field, ":")
	if len(parts) != 3 {
		return u, Unreadable(nil)
	}
	id, version, err := VersionOf(parts[0] + ":" + parts[1])
	if err != nil {
		return u, err
	}
	if u.Seen, err = strconv.ParseInt(parts[2], 10, 64); err != nil || u.Seen < 1 {
		return u, Unreadable(err)
	}
	u.Version = version
	u.ID, err = ParseID(id)
	return u, err
}

// ParseID reads an id out of a form.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, Unreadable(err)
	}
	return id, nil
}

// Unreadable is the answer to a form that no page of ours sends.
func Unreadable(err error) error {
	return fault.New(fault.Malformed, "malformed_form", "The form could not be read; load the page again").Because(err)
}
