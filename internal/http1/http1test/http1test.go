// Package http1test checks how a server treats HTTP/1 requests whose form matters, byte by
// byte. Each program that serves HTTP/1 runs the same table.
package http1test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// timeout bounds what should take milliseconds.
const timeout = 2 * time.Minute

// request is a case of the table. In its text, "PATH" stands for a path that answers a GET
// with 200 and a POST with 405.
type request struct {
	section, name string
	text          string
	status        int
	// code is the problem code of the answer; "" doesn't check it.
	code string
	// closes reports whether the server must close the connection after the answer.
	// Otherwise it must answer another request.
	closes bool
	// continues reports whether the server must send 100 (Continue) first.
	continues bool
}

const (
	get  = "GET PATH HTTP/1.1\r\nHost: x\r\n"
	post = "POST PATH HTTP/1.1\r\nHost: x\r\n"
	// hidden is a request in the place of a body, for a server that takes the shorter length.
	hidden = "0\r\n\r\nGET PATH HTTP/1.1\r\nHost: x\r\n\r\n"
)

// maxHead is larger than the head of a request that any program accepts, in bytes.
const maxHead = 20 << 10

var requests = []request{
	{"RFC 9112 9.6", "close in another letter case", get + "Connection: Close\r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "close in a list", get + "Connection: keep-alive, close\r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "close in a list without spaces", get + "Connection: close,x-a\r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "close on a second line", get + "Connection: x-a\r\nConnection:\tCLOSE \r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "close on a first line", get + "Connection: close\r\nConnection: keep-alive\r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "close in a list of HTTP/1.0", "GET PATH HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", 200, "", true, false},
	{"RFC 9112 9.6", "an option that contains close", get + "Connection: x-close, closed\r\n\r\n", 200, "", false, false},
	{"RFC 9112 9.3", "keep-alive of HTTP/1.0", "GET PATH HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "", false, false},
	{"RFC 9112 6.3", "chunked", post + "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 405, "", false, false},
	{"RFC 9112 6.3", "Content-Length and Transfer-Encoding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden, 400, "request_malformed", true, false},
	{"RFC 9112 6.3", "Transfer-Encoding and Content-Length", post + "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n" + hidden, 400, "request_malformed", true, false},
	{"RFC 9112 6.3", "both on a GET", get + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden, 400, "request_malformed", true, false},
	{"RFC 9112 6.3", "a final coding other than chunked", post + "Transfer-Encoding: identity\r\n\r\n", 400, "request_malformed", true, false},
	{"RFC 9112 6.1", "Transfer-Encoding of HTTP/1.0", "POST PATH HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden, 400, "request_malformed", true, false},
	{"RFC 9112 5.2", "a folded Transfer-Encoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n" + hidden, 400, "request_malformed", true, false},
	{"RFC 9112 5.2", "another folded field", get + "X-A: b\r\n\tc\r\n\r\n", 400, "request_malformed", true, false},
	{"RFC 9112 2.3", "HTTP/9.9", "GET PATH HTTP/9.9\r\nHost: x\r\n\r\n", 505, "http_version_unsupported", true, false},
	{"RFC 9112 2.3", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version_unsupported", true, false},
	{"RFC 9110 2.5", "a higher minor version", "GET PATH HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n", 200, "", true, false},
	{"RFC 9110 10.1.1", "100-continue of HTTP/1.1", post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nxx", 405, "", false, true},
	{"RFC 9110 10.1.1", "100-continue in another letter case", post + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nxx", 405, "", false, true},
	{"RFC 9110 10.1.1", "100-continue of HTTP/1.0", "POST PATH HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nxx", 405, "", true, false},
	{"RFC 9110 15.5.15", "a long request line", "GET PATH?" + strings.Repeat("x", maxHead) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long", true, false},
	{"RFC 6585 5", "a long field", get + "X-A: " + strings.Repeat("x", maxHead) + "\r\n\r\n", 431, "headers_too_large", true, false},
}

// Check sends every request of the table to a server at an address (host:port), on a new
// connection and as the second request of one. A GET for path must answer 200 without
// further headers, and a POST 405.
func Check(t *testing.T, address, path string) {
	t.Helper()
	for _, second := range []bool{false, true} {
		for _, r := range requests {
			name := r.section + " " + r.name
			if second {
				name += ", second request"
			}
			t.Run(name, func(t *testing.T) {
				c := dial(t, address)
				if second {
					c.send(t, get+"\r\n", path)
					status, _ := c.receive(t)
					require.Equal(t, 200, status)
				}
				c.send(t, r.text, path)
				c.check(t, r, path)
			})
		}
	}
}

// client is the client's end of a connection.
type client struct {
	net.Conn
	buffered *bufio.Reader
}

func dial(t *testing.T, address string) client {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(timeout)))
	return client{c, bufio.NewReader(c)}
}

func (c client) send(t *testing.T, text, path string) {
	t.Helper()
	_, err := io.WriteString(c, strings.Replace(text, "PATH", path, 1))
	require.NoError(t, err)
}

// receive returns the status of the next answer, and the code in its problem.
func (c client) receive(t *testing.T) (status int, code string) {
	t.Helper()
	res, err := http.ReadResponse(c.buffered, nil)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.Header.Get("Content-Type") == "application/problem+json" {
		var problem struct {
			Code   string
			Status int
		}
		require.NoError(t, json.Unmarshal(body, &problem))
		assert.Equal(t, res.StatusCode, problem.Status)
		code = problem.Code
	}
	return res.StatusCode, code
}

func (c client) check(t *testing.T, r request, path string) {
	t.Helper()
	status, code := c.receive(t)
	if r.continues {
		assert.Equal(t, 100, status)
	}
	if status == 100 {
		if !r.continues {
			t.Error("100 (Continue) was sent")
		}
		status, code = c.receive(t)
	}
	assert.Equal(t, r.status, status)
	if r.code != "" {
		assert.Equal(t, r.code, code)
	}
	if !r.closes {
		c.send(t, get+"Connection: close\r\n\r\n", path)
		status, _ = c.receive(t)
		require.Equal(t, 200, status, "the connection stays open")
	}
	require.NoError(t, c.SetReadDeadline(time.Now().Add(timeout)))
	_, err := c.buffered.ReadByte()
	require.Error(t, err, "another answer was sent")
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection stays open")
	if !errors.Is(err, io.EOF) {
		t.Log("the connection was reset:", err) // what the server didn't read
	}
}
