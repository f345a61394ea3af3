package shell

import "orgmodes/internal/admin/pubstatus"

// ReaderAddress returns the base URL at which editors reach the readers. If none is
// configured, it returns the placeholder "$READER_URL", to be shown in snippets.
func (s *Shell) ReaderAddress() string {
	if s.PublicReader == "" {
		return "$READER_URL"
	}
	return s.PublicReader
}

// ReaderURL returns the URL at which readers serve the request's organization as the
// representation with the given name, such as endpoint.ModesYAML. It begins with the
// placeholder of ReaderAddress if no base URL is configured. It is "" for a name that
// readers don't serve.
func (v *Request) ReaderURL(name string) string {
	return pubstatus.URL(v.shell.ReaderAddress(), v.Org.ID, name)
}
