package shell

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

// ParseVersionRef parses the value of a form field that names a version of an object as
// "id:version", where id is a UUID and version a number of at least 1. For any other text,
// the error is that of MalformedForm.
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

// UndoField is the content of a form field that undoes a change of a mode or another object.
// The action that receives it restores Version, provided that the object is still at
// ExpectedVersion.
type UndoField struct {
	// ID is the id of the object.
	ID uuid.UUID
	// Version is the version before the change, and ExpectedVersion the one that the change
	// produced. Both are at least 1.
	Version, ExpectedVersion int64
}

// Pair returns u as a hidden field with the value "id:version:expected". Its name is "mode";
// callers set another name for objects of other kinds.
func (u UndoField) Pair() Pair {
	return Pair{"mode", fmt.Sprintf("%s:%d:%d", u.ID, u.Version, u.ExpectedVersion)}
}

// ParseUndoField parses the value of a field that UndoField.Pair returned. For any other
// text, the error is that of MalformedForm.
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

// ParseID parses the id of an object, a UUID, from a form or a path. For any other text, the
// error is that of MalformedForm.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, MalformedForm(err)
	}
	return id, nil
}

// MalformedForm returns the error for a form that none of our pages could have submitted: a
// *fault.Error of the kind Malformed, for which the response has status 400. err is the
// cause, for the log; it can be nil.
func MalformedForm(err error) error {
	return fault.New(fault.Malformed, "malformed_form", "The form could not be read; load the page again").WithCause(err)
}
