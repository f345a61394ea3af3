// Package organization holds the type of an organization, the owner of a library.
package organization

import (
	"time"

	"github.com/google/uuid"
)

// Organization owns a library: its objects, their history, and their order.
type Organization struct {
	ID   uuid.UUID
	Slug string
	Name string
	// Revision rises with every change of anything that is published.
	Revision  int64
	CreatedAt time.Time
}
