// Package http1 makes a fasthttp server treat the heads of requests as RFC 9112 demands.
// fasthttp alone accepts heads that a proxy can read differently, which allows request
// smuggling (RFC 9112, section 11.2), and keeps connections that the client wants closed.
package http1

import (
	"bytes"
	"errors"

	"github.com/valyala/fasthttp"
)

// Enforce changes a server: it refuses malformed requests, closes a connection after the
// answer if the client asked for that in any form, and sends 100 (Continue) only to clients
// of HTTP/1.1. refuse answers a refused request. Enforce wraps the hooks and the handler of
// the server, so it is called after they are set, and before the server starts.
func Enforce(s *fasthttp.Server, refuse func(*fasthttp.RequestCtx, *RefusalError)) {
	configure := s.HeaderReceived
	s.HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		e := examine(h.Protocol(), h.RawHeaders())
		if e.refusal != nil {
			// The handler answers it. There is no reliable end of its body, so none is read.
			h.SetContentLength(0)
			h.Del(fasthttp.HeaderExpect)
			h.SetConnectionClose()
			return fasthttp.RequestConfig{}
		}
		if e.closes {
			h.SetConnectionClose()
		}
		if e.expects {
			normalizeExpect(h)
		}
		if configure != nil {
			return configure(h)
		}
		return fasthttp.RequestConfig{}
	}
	next := s.Handler
	s.Handler = func(ctx *fasthttp.RequestCtx) {
		// Only the requests refused above are examined again, and others that close the
		// connection.
		if h := &ctx.Request.Header; h.ConnectionClose() {
			if e := examine(h.Protocol(), h.RawHeaders()); e.refusal != nil {
				refuse(ctx, e.refusal)
				return
			}
		}
		next(ctx)
	}
	failed := s.ErrorHandler
	s.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) {
		c, ok := ctx.Conn().(lineReader)
		if ok && !c.LineReceived() && errors.As(err, new(*fasthttp.ErrSmallBuffer)) {
			refuse(ctx, errLineTooLong)
			return
		}
		failed(ctx, err)
	}
}

// lineReader is a connection that knows whether it has received the end of a line since its
// last answer. Package listen has it.
type lineReader interface{ LineReceived() bool }

// normalizeExpect gives the header Expect the form that fasthttp knows. A client of HTTP/1.0
// doesn't know 100 (Continue), so its expectation is ignored (RFC 9110, section 10.1.1).
func normalizeExpect(h *fasthttp.RequestHeader) {
	const expectation = "100-continue"
	switch {
	case string(h.Protocol()) == version10:
		h.Del(fasthttp.HeaderExpect)
	case bytes.EqualFold(h.Peek(fasthttp.HeaderExpect), []byte(expectation)):
		h.Set(fasthttp.HeaderExpect, expectation)
	}
}

const (
	version10 = "HTTP/1.0"
	// version1 is the start of every version of HTTP/1.
	version1 = "HTTP/1."
)

// examination is the result of examining the head of a request.
type examination struct {
	refusal *RefusalError
	// closes reports whether the client wants the connection closed, and expects whether the
	// request has the header Expect.
	closes, expects bool
}

// examine examines the version of a request and the lines of its header, as received. It
// allocates nothing: it runs for every request.
func examine(version, header []byte) (e examination) {
	if !bytes.HasPrefix(version, []byte(version1)) {
		return examination{refusal: errOtherVersion}
	}
	var hasLength, hasCoding bool
	for len(header) > 0 {
		line := header
		if i := bytes.IndexByte(header, '\n'); i >= 0 {
			line, header = header[:i], header[i+1:]
		} else {
			header = nil
		}
		if len(line) == 0 {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			return examination{refusal: errFolded}
		}
		// The first letter excludes most fields.
		switch line[0] | 0x20 {
		case 'c':
			if value, ok := valueOf(line, fasthttp.HeaderConnection); ok {
				e.closes = e.closes || hasToken(value, "close")
			} else if _, ok := valueOf(line, fasthttp.HeaderContentLength); ok {
				hasLength = true
			}
		case 'e':
			if _, ok := valueOf(line, fasthttp.HeaderExpect); ok {
				e.expects = true
			}
		case 't':
			value, ok := valueOf(line, fasthttp.HeaderTransferEncoding)
			if !ok {
				continue
			}
			hasCoding = true
			if !equalFold(trim(value), "chunked") {
				e.refusal = errNotChunked
			}
		}
	}
	switch {
	case !hasCoding || e.refusal != nil:
	case string(version) == version10:
		e.refusal = errCodedHTTP10
	case hasLength:
		e.refusal = errTwoLengths
	}
	return e
}

// valueOf returns the value on a line of a header if its field has the given name.
func valueOf(line []byte, name string) (value []byte, ok bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !equalFold(line[:len(name)], name) {
		return nil, false
	}
	return line[len(name)+1:], true
}

// hasToken reports whether a list has a token, in any letter case (RFC 9110, section 5.6.1).
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		element := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			element, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if equalFold(trim(element), token) {
			return true
		}
	}
	return false
}

// trim removes spaces and tabs around a value, and the CR at the end of its line.
func trim(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// equalFold compares ASCII text in any letter case.
func equalFold(b []byte, text string) bool {
	if len(b) != len(text) {
		return false
	}
	for i, c := range b {
		if lower(c) != lower(text[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
