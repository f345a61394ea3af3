package shell

import "orgmodes/internal/admin/publication"

// ReaderAddress is where editors reach the readers; where that isn't known, a
// variable stands in for it.
func (s *Shell) ReaderAddress() string {
	if s.PublicReader == "" {
		return "$READER_URL"
	}
	return s.PublicReader
}

// ReaderURL is the address of a representation of the visit's organization.
func (v *Visit) ReaderURL(name string) string {
	return publication.URL(v.shell.ReaderAddress(), v.Org.ID, name)
}
