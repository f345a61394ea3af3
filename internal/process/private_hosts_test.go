package process

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// A page of another domain must not read the private port through DNS rebinding.
func TestPrivatePortServesOnlyItsHosts(t *testing.T) {
	log, _ := newLog()
	private, err := ServePrivate(log, "127.0.0.1:0", []string{"reader-0.internal"}, Health{}, prometheus.NewRegistry())
	require.NoError(t, err)
	defer func() { require.NoError(t, private.Close()) }()
	for _, c := range []struct {
		request string
		served  bool
	}{
		{"GET PATH HTTP/1.1\r\nHost: 127.0.0.1:9081", true},
		{"GET PATH HTTP/1.1\r\nHost: 10.1.2.3", true},
		{"GET PATH HTTP/1.1\r\nHost: [::1]:9081", true},
		{"GET PATH HTTP/1.1\r\nHost: [fd00::1]", true},
		{"GET PATH HTTP/1.1\r\nHost: localhost:9081", true},
		{"GET PATH HTTP/1.1\r\nHost: LocalHost.", true},
		{"GET PATH HTTP/1.1\r\nHost: reader.localhost", true},
		{"GET PATH HTTP/1.1\r\nHost: reader-0.internal:9081", true},
		{"GET PATH HTTP/1.1\r\nHost: Reader-0.Internal.", true},
		{"GET PATH HTTP/1.0", true},
		{"GET PATH HTTP/1.1\r\nHost: evil.example:9081", false},
		{"GET PATH HTTP/1.1\r\nHost: a.reader-0.internal", false},
		{"GET PATH HTTP/1.1\r\nHost: localhost.evil.example", false},
		{"GET PATH HTTP/1.1\r\nHost: xlocalhost", false},
		{"GET PATH HTTP/1.1\r\nHost: 127.0.0.1.evil.example", false},
		{"GET PATH HTTP/1.1\r\nHost: 2130706433", false},
		{"GET http://evil.examplePATH HTTP/1.1\r\nHost: 127.0.0.1", false},
	} {
		for _, path := range []string{"/livez", "/metrics", "/debug/pprof/cmdline"} {
			status, body := send(t, private.Addr(), c.request, path)
			if c.served {
				require.Equal(t, 200, status, "%s %s", c.request, path)
				continue
			}
			require.Equal(t, 421, status, "%s %s", c.request, path)
			require.Contains(t, body, "PRIVATE_HOSTS")
		}
	}
}

// send sends a request whose text has "PATH" for the path.
func send(t *testing.T, address, request, path string) (status int, body string) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(2*time.Minute)))
	_, err = fmt.Fprintf(c, "%s\r\nConnection: close\r\n\r\n", strings.Replace(request, "PATH", path, 1))
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(text)
}
