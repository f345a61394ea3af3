// Package organization holds the type of an organization, the owner of a library.
package organization

import (
	"time"

	"github.com/google/uuid"
)

// Organization owns a library: its objects, their history, and their order.
type Organization struct {
	// ID never changes.
	ID uuid.UUID
	// Slug identifies the organization in the paths of pages; the API accepts it, too.
	Slug string
	// Name is the display name.
	Name string
	// Revision increases with every change to published content, so it tells which state
	// readers have.
	Revision int64
	// CreatedAt is when the organization was created.
	CreatedAt time.Time
}
