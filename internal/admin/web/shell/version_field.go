package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// ParseVersionRef parses a field that names a version of an object as "id:number".
func ParseVersionRef(field string) (id string, version int64, err error) {
	id, number, _ := strings.Cut(field, ":")
	if version, err = strconv.ParseInt(number, 10, 64); err != nil || version < 1 {
		return "", 0, MalformedForm(err)
	}
	if _, err := ParseID(id); err != nil {
		return "", 0, err
	}
	return id, version, nil
}

// UndoField is a form field that undoes a change of a mode: it restores Version, provided
// that the mode is still at ExpectedVersion, which the change produced.
type UndoField struct {
	ID                       uuid.UUID
	Version, ExpectedVersion int64
}

// Pair returns u as a hidden field.
func (u UndoField) Pair() Pair {
	return Pair{"mode", fmt.Sprintf("%s:%d:%d", u.ID, u.Version, u.ExpectedVersion)}
}

// ParseUndoField parses the value of a field returned by UndoField.Pair.
func ParseUndoField(field string) (u UndoField, err error) {
	parts := strings.Split(field, ":")
	if len(parts) != 3 {
		return u, MalformedForm(nil)
	}
	id, version, err := ParseVersionRef(parts[0] + ":" + parts[1])
	if err != nil {
		return u, err
	}
	if u.ExpectedVersion, err = strconv.ParseInt(parts[2], 10, 64); err != nil || u.ExpectedVersion < 1 {
		return u, MalformedForm(err)
	}
	u.Version = version
	u.ID, err = ParseID(id)
	return u, err
}

// ParseID parses an id from a form.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, MalformedForm(err)
	}
	return id, nil
}

// MalformedForm returns the error for a form that no page of this site submits.
func MalformedForm(err error) error {
	return fault.New(fault.Malformed, "malformed_form", "The form could not be read; load the page again").WithCause(err)
}
