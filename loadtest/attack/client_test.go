package attack

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// newClient returns a client that connects from the given loopback address. All of 127/8 is
// this machine, so a limit per address can tell clients apart. If receive is positive, it
// is the size of each connection's receive buffer in bytes.
func newClient(from string, receive int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) { return dial(ctx, from, addr, receive) },
			// Send a bomb as it is, and count the bytes of an answer as they arrive.
			DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 20 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func dial(ctx context.Context, from, addr string, receive int) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 20 * time.Second}
	conn, err := d.DialContext(ctx, "tcp4", addr)
	if tcp, ok := conn.(*net.TCPConn); ok && receive > 0 {
		_ = tcp.SetReadBuffer(receive)
	}
	return conn, err
}

// sender identifies who sends a request: by access token, by session, or anonymously.
type sender struct {
	name   string
	token  string
	person person
}

var anonymous = sender{name: "nobody"}

func (tn tenant) senders() (member, writer, owner sender) {
	return sender{name: "member", person: tn.member}, sender{name: "write token", token: tn.write}, sender{name: "owner", person: tn.owner}
}

// request is a request to a victim's public port.
type request struct {
	method, path, media string
	body                []byte
	header              map[string]string
	as                  sender
	what                string // describes the body in the report
}

func (r request) describedAs(what string) request { r.what = what; return r }

func (r request) String() string {
	path := r.path
	if len(path) > 60 {
		path = path[:57] + "..."
	}
	name := r.as.name
	if r.what != "" {
		name += ", " + r.what
	}
	return r.method + " " + path + " (" + name + ")"
}

// answer is the outcome of a request. Status 0 means that the connection was closed without
// an answer, as happens to a client that is refused while it still sends.
type answer struct {
	status int
	size   int64
	start  []byte // of the body
}

const maxAnswerStart = 64 << 10

func (r request) send(ctx context.Context, client *http.Client, base string) (answer, error) {
	// Opaque, so that junk in a path reaches the victim unchanged.
	path, query, _ := strings.Cut(r.path, "?")
	req, err := http.NewRequestWithContext(ctx, r.method, base, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	req.URL.Opaque, req.URL.RawQuery = path, query
	if r.media != "" {
		req.Header.Set("Content-Type", r.media)
	}
	if r.as.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.as.token)
	}
	if r.as.person.cookie != "" {
		req.Header.Set("Cookie", r.as.person.cookie)
		csrf := r.as.person.csrf
		if !strings.HasPrefix(path, "/api/") {
			csrf = masked(csrf)
		}
		req.Header.Set("X-CSRF-Token", csrf)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode}
	a.start, err = io.ReadAll(io.LimitReader(res.Body, maxAnswerStart))
	rest, discarded := io.Copy(io.Discard, res.Body)
	if err == nil {
		err = discarded
	}
	a.size = int64(len(a.start)) + rest
	return a, err
}

// masked returns a session's CSRF token in the form that pages use: a pad, here of zeros,
// followed by the token XORed with it.
func masked(token string) string {
	return base64.RawURLEncoding.EncodeToString(append(make([]byte, len(token)), token...))
}

// bystander is an editor and an owner in another organization than the attackers'. Each of
// its requests opens a new connection, as a new client does.
type bystander struct {
	s                   *site
	client              *http.Client
	owner               person
	token, organization string

	mu   sync.Mutex
	etag string
}

// bystanderTimeout bounds one request of the bystander. It is not a latency target: a
// slower answer counts as none.
const bystanderTimeout = 30 * time.Second

func newBystander(s *site) *bystander {
	b := &bystander{s: s, client: newClient("127.0.0.1", 0)}
	if transport, ok := b.client.Transport.(*http.Transport); ok {
		transport.DisableKeepAlives = true
	}
	return b
}

// check sends one request to a victim and describes the problem with the answer, or returns
// "".
func (b *bystander) check(v *victim) string {
	ctx, cancel := context.WithTimeout(context.Background(), bystanderTimeout)
	defer cancel()
	r := request{method: http.MethodGet}
	switch {
	case v.name == "worker":
		if err := v.get(ctx, "/livez", io.Discard); err != nil {
			return "the worker's /livez: " + err.Error()
		}
		return ""
	case v.name == "admin" && b.owner.cookie != "":
		r.path, r.as = "/orgs/"+b.s.acme.org.Slug+"/history", sender{name: "owner", person: b.owner}
	case v.name == "admin":
		r.path = "/sign-in"
	default:
		b.mu.Lock()
		r.path, r.as = "/api/organizations/"+b.organization+"/modes.yaml", sender{name: "editor", token: b.token}
		r.header = map[string]string{"If-None-Match": b.etag}
		b.mu.Unlock()
	}
	a, err := r.send(ctx, b.client, v.url())
	if err != nil {
		return "a bystander was not served by " + v.name + ": " + reason(err)
	}
	if a.status != http.StatusOK && a.status != http.StatusNotModified {
		return fmt.Sprintf("a bystander got %d of %s", a.status, v.name)
	}
	return ""
}

// reason returns the error's text without the URL that http.Client adds.
func reason(err error) string {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // as http.Client returns it
		err = e.Err
	}
	return err.Error()
}

// watch asks a victim after an initial pause, and then after pauses that double, so that it
// costs next to nothing however long an attack takes. The returned function stops it and
// returns the first fault.
func (b *bystander) watch(v *victim, pause time.Duration) (end func() string) {
	stop, ended := make(chan struct{}), make(chan string)
	go func() {
		first := ""
		for ; ; pause *= 2 {
			timer := time.NewTimer(pause)
			select {
			case <-stop:
				timer.Stop()
				ended <- first
				return
			case <-timer.C:
				if fault := b.check(v); fault != "" && first == "" {
					first = fault
				}
			}
		}
	}()
	return func() string {
		close(stop)
		return <-ended
	}
}
