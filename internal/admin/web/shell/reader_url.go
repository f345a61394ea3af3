package shell

import "orgmodes/internal/admin/pubstatus"

// ReaderAddress returns the base URL at which editors reach the readers: PublicReader or, if
// that is empty, the placeholder "$READER_URL". Pages show it in snippets of configuration.
func (s *Shell) ReaderAddress() string {
	if s.PublicReader == "" {
		return "$READER_URL"
	}
	return s.PublicReader
}

// ReaderURL returns the URL from which editors fetch a published file of the request's
// organization. name is one of the representations in package endpoint, such as
// endpoint.ModesYAML. The URL begins with ReaderAddress, which can be a placeholder. It is ""
// for a name that readers don't serve.
func (v *Request) ReaderURL(name string) string {
	return pubstatus.URL(v.shell.ReaderAddress(), v.Org.ID, name)
}
