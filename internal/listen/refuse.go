package listen

import (
	"io"
	"net"
	"strconv"
	"time"
)

const (
	// maxRefusing bounds the connections that get an answer when they are refused;
	// those beyond are just closed.
	maxRefusing = 32
	// refuseTimeout bounds how long one of them stays open for that.
	refuseTimeout = time.Second
	// maxDiscarded bounds how much of a refused request is read, in bytes.
	maxDiscarded = 64 << 10
)

// CodeTooManyConnections is the problem code of a refused connection.
const CodeTooManyConnections = "too_many_connections"

const busyBody = `{"type":"/problems/` + CodeTooManyConnections + `","title":"Try again soon","status":503,` +
	`"detail":"Too many connections are open","code":"` + CodeTooManyConnections + `"}` + "\n"

// busyResponse is the complete response to a refused connection.
var busyResponse = "HTTP/1.1 503 Service Unavailable\r\n" +
	"Content-Type: application/problem+json\r\n" +
	"Cache-Control: no-store\r\n" +
	"Retry-After: 5\r\n" +
	"Connection: close\r\n" +
	"Content-Length: " + strconv.Itoa(len(busyBody)) + "\r\n\r\n" + busyBody

// refuse answers 503 without reading the request first, and closes the connection.
// It reads what the client has sent afterwards: closing a connection with unread
// bytes resets it, and the client would never see the answer.
func (l *Listener) refuse(c net.Conn) {
	select {
	case l.refusing <- struct{}{}:
	default:
		_ = c.Close()
		return
	}
	l.refusals.Go(func() {
		defer func() {
			_ = c.Close()
			<-l.refusing
		}()
		if c.SetDeadline(time.Now().Add(refuseTimeout)) != nil {
			return
		}
		if _, err := io.WriteString(c, busyResponse); err != nil {
			return
		}
		if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, c, maxDiscarded)
		}
	})
}
