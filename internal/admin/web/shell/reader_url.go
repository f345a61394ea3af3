package shell

import "orgmodes/internal/admin/pubstatus"

// ReaderAddress returns the address at which editors reach the readers, or a placeholder
// variable if that is not configured.
func (s *Shell) ReaderAddress() string {
	if s.PublicReader == "" {
		return "$READER_URL"
	}
	return s.PublicReader
}

// ReaderURL returns the URL of a representation of the request's organization.
func (v *Request) ReaderURL(name string) string {
	return pubstatus.URL(v.shell.ReaderAddress(), v.Org.ID, name)
}
