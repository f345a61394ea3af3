// Package organization holds the type of an organization: a group of users with a common
// library of modes and other objects.
package organization

import (
	"time"

	"github.com/google/uuid"
)

// Organization owns a library: modes, permission templates and other objects, the history of
// each, and the order in which the modes are published.
type Organization struct {
	// ID is the organization's id, which never changes.
	ID uuid.UUID
	// Slug is the unique short name in the paths of pages, such as "acme". The API accepts it
	// in place of the ID.
	Slug string
	// Name is the display name.
	Name string
	// Revision is the number of the last change to the library: 1 after the creation of the
	// organization, and one more with each change. Changes of members and access tokens don't
	// count. Publishing copies a revision to the readers.
	Revision int64
	// CreatedAt is when the organization was created, in UTC.
	CreatedAt time.Time
}
