package http1

import "net/http"

// RefusalError is the reason for refusing a request whose head can't be accepted. The connection
// is closed after the answer. It is an error, so that error handlers can answer it.
type RefusalError struct {
	Status int
	// Code is the problem code of the answer, and Detail its text.
	Code, Detail string
}

// Error returns the text of the answer.
func (r *RefusalError) Error() string { return r.Detail }

// The codes of the answers, as in the programs' other problems.
const (
	codeMalformed          = "request_malformed"
	CodeVersionUnsupported = "http_version_unsupported"
	CodeURITooLong         = "uri_too_long"
)

// The refusals. Each has its rule in RFC 9112 or RFC 9110.
var (
	// errTwoLengths is for a request that a server behind a proxy could read as two: RFC 9112,
	// section 6.3.
	errTwoLengths = &RefusalError{
		http.StatusBadRequest, codeMalformed,
		"The request has both Content-Length and Transfer-Encoding; send only one of them",
	}
	// errNotChunked is for a body whose end is unknown: RFC 9112, section 6.3.
	errNotChunked = &RefusalError{
		http.StatusBadRequest, codeMalformed,
		"The only Transfer-Encoding of a request can be chunked",
	}
	// errCodedHTTP10 is for Transfer-Encoding in HTTP/1.0, which doesn't have it: RFC 9112,
	// section 6.1.
	errCodedHTTP10 = &RefusalError{
		http.StatusBadRequest, codeMalformed,
		"A request of HTTP/1.0 can't have Transfer-Encoding; send Content-Length or HTTP/1.1",
	}
	// errFolded is for a header field on several lines: RFC 9112, section 5.2.
	errFolded = &RefusalError{
		http.StatusBadRequest, codeMalformed,
		"A line of the header starts with a space or a tab; send each field on one line",
	}
	// errOtherVersion is for another major version: RFC 9110, section 15.6.6.
	errOtherVersion = &RefusalError{
		http.StatusHTTPVersionNotSupported, CodeVersionUnsupported,
		"This server speaks HTTP/1.1 and HTTP/1.0",
	}
	// errLineTooLong is for a request line that doesn't fit into the buffer: RFC 9112, section 3.
	errLineTooLong = &RefusalError{
		http.StatusRequestURITooLong, CodeURITooLong,
		"The address of the request is too long; send fewer or shorter parameters",
	}
)

// Refusals returns all refusals, so that a program can prepare its answers.
func Refusals() []*RefusalError {
	return []*RefusalError{errTwoLengths, errNotChunked, errCodedHTTP10, errFolded, errOtherVersion, errLineTooLong}
}
