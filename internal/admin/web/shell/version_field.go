package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// ParseVersionRef parses a field that names a version of an object as "id:number", where id
// is a UUID and number at least 1. The error is that of MalformedForm.
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

// UndoField is a form field that undoes a change of a mode or another object: it restores
// Version, provided that the object is still at ExpectedVersion, which the change produced.
type UndoField struct {
	// ID is the id of the object.
	ID uuid.UUID
	// Version and ExpectedVersion are at least 1.
	Version, ExpectedVersion int64
}

// Pair returns u as a hidden field. Its name is "mode"; for objects of other kinds, callers
// set another one.
func (u UndoField) Pair() Pair {
	return Pair{"mode", fmt.Sprintf("%s:%d:%d", u.ID, u.Version, u.ExpectedVersion)}
}

// ParseUndoField parses the value of a field returned by UndoField.Pair. The error is
// that of MalformedForm.
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

// ParseID parses the id of an object, a UUID, from a form. The error is that of
// MalformedForm.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, MalformedForm(err)
	}
	return id, nil
}

// MalformedForm returns the error for a form that none of our pages could have submitted: a
// *fault.Error of kind Malformed, status 400. err is the cause, for the log; it can be nil.
func MalformedForm(err error) error {
	return fault.New(fault.Malformed, "malformed_form", "The form could not be read; load the page again").WithCause(err)
}
