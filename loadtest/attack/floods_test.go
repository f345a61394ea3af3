package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// floodBudget bounds the memory of a victim under a flood. The CPU time is reported but has
// no bound; it only must leave enough to serve others.
var floodBudget = budget{memory: 256 << 20}

func (a *attacks) floods() {
	for _, name := range []string{"admin", "reader"} {
		a.idleConnections(name)
	}
	for _, f := range []struct {
		name  string
		token func() string
	}{
		{"forged", func() string { t := a.keys.Mint(); return t[:len(t)-4] + "0000" }},
		{"unknown", a.keys.Mint},
	} {
		a.run("flood: "+f.name+" tokens at the reader", a.reader, floodBudget, func(w *row) { a.tokenFlood(w, a.reader, f.token) })
		a.run("flood: "+f.name+" tokens at admin", a.admin, floodBudget, func(w *row) { a.tokenFlood(w, a.admin, f.token) })
	}
	a.run("flood: wrong passwords from many addresses", a.admin, floodBudget, a.passwordFlood)
	a.run("flood: event streams of one member", a.admin, floodBudget, a.streams)
}

// flood measures what many requests cost together.
func (w *row) flood(name string, flood func(ctx context.Context) error) { w.measure(name, flood) }

// idleConnections opens more connections than the victim has descriptors.
func (a *attacks) idleConnections(name string) {
	const connections, descriptors = 500, 400
	title := fmt.Sprintf("flood: %d idle connections, %d descriptors at %s", connections, descriptors, name)
	if !a.only.MatchString(title) {
		return
	}
	v := a.victim(name, descriptors)
	defer v.stop()
	a.run(title, v, floodBudget, func(w *row) {
		w.flood("idle connections", func(ctx context.Context) error {
			before := v.sockets()
			held := a.hold(ctx, v, connections, func(i int, conn net.Conn) error {
				if i%2 == 0 {
					return nil // sends nothing at all
				}
				_, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", v.addr)
				return err
			})
			w.shots = len(held)
			var faults []error
			for range 3 {
				if fault := a.bystander.check(v); fault != "" {
					faults = append(faults, errors.New(fault))
					break
				}
			}
			closeAll(held)
			if err := waitUntil(waitTimeout, func() bool { return v.sockets() <= before+2 }); err != nil {
				faults = append(faults, fmt.Errorf("%d sockets are left of %d", v.sockets(), len(held)))
			}
			if err := v.ready(); err != nil {
				faults = append(faults, err)
			}
			return errors.Join(faults...)
		})
	})
}

// hold opens connections from one address and leaves them open. It omits connections that
// the victim doesn't accept.
func (a *attacks) hold(ctx context.Context, v *victim, n int, begin func(i int, conn net.Conn) error) (held []net.Conn) {
	for i := range n {
		dialing, cancel := context.WithTimeout(ctx, 2*time.Second)
		conn, err := dial(dialing, "127.0.0.66", v.addr, 4096)
		cancel()
		if err != nil {
			continue
		}
		_ = conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
		if begin(i, conn) != nil {
			_ = conn.Close()
			continue
		}
		held = append(held, conn)
	}
	return held
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// waitUntil waits until holds reports true, for at most limit.
func waitUntil(limit time.Duration, holds func() bool) error {
	for end := time.Now().Add(limit); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("it did not happen within " + limit.String())
		}
	}
	return nil
}

// tokenFlood presents a different token with each request.
func (a *attacks) tokenFlood(w *row, v *victim, mint func() string) {
	requests := 4000
	if *long {
		requests = 20_000
	}
	path := "/api/organizations/" + a.evil.org.ID.String() + "/modes.yaml"
	if v.name == "admin" {
		path = "/api/v1/organizations/" + a.evil.org.Slug + "/modes"
	}
	w.flood(fmt.Sprintf("%d requests", requests), func(ctx context.Context) error {
		w.shots = requests
		return a.parallel(ctx, 32, requests, func(int) error {
			got, err := request{method: http.MethodGet, path: path, as: sender{token: mint()}}.send(ctx, a.attackers, v.url())
			if err != nil {
				return nil //nolint:nilerr // a connection that is closed on a flood is no fault
			}
			return w.answered(got, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable)
		})
	})
}

var answering sync.Mutex

// answered records the answer to one of several concurrent requests. It returns an error
// unless the status is among want.
func (w *row) answered(got answer, want ...int) error {
	answering.Lock()
	defer answering.Unlock()
	w.status[got.status]++
	w.size = max(w.size, got.size)
	for _, status := range want {
		if got.status == status {
			return nil
		}
	}
	return fmt.Errorf("answered %d: %.100s", got.status, got.start)
}

// parallel calls work n times, at most atOnce concurrently, and returns the first error.
func (a *attacks) parallel(ctx context.Context, atOnce, n int, work func(i int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	var first error
	var once sync.Once
	for range atOnce {
		all.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := work(i); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	all.Wait()
	return first
}

// passwordFlood tries passwords for one owner, each from another address. Half of them
// arrive through a trusted proxy, half connect directly from the address. The owner must
// still be able to sign in from a known device, and another member from an unknown one.
func (a *attacks) passwordFlood(w *row) {
	attempts := 120
	if *long {
		attempts = 400
	}
	tn := a.tenant("besieged")
	owner, member := tn.owner, tn.member
	member.cookie = "" // an unknown device
	proxied := newClient(proxy, 0)
	defer proxied.CloseIdleConnections()
	body := []byte(fmt.Sprintf(`{"email":%q,"password":"a wrong password"}`, owner.email))
	w.flood(fmt.Sprintf("%d passwords", attempts), func(ctx context.Context) error {
		w.shots = attempts
		err := a.parallel(ctx, 16, attempts, func(i int) error {
			r := request{method: http.MethodPost, path: "/api/v1/session", media: mediaJSON, body: body}
			client := proxied
			if i%2 == 0 {
				r.header = map[string]string{"X-Forwarded-For": fmt.Sprintf("198.51.%d.%d", i/200, i%200+1)}
			} else {
				client = newClient(fmt.Sprintf("127.1.%d.%d", i/200, i%200+1), 0)
				defer client.CloseIdleConnections()
			}
			got, err := r.send(ctx, client, a.admin.url())
			if err != nil {
				return err
			}
			return w.answered(got, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable)
		})
		if failed := a.signIn(&owner, a.bystander.client); failed != nil {
			err = errors.Join(err, fmt.Errorf("the owner can't sign in from a known device: %w", failed))
		}
		if failed := a.signIn(&member, a.bystander.client); failed != nil {
			err = errors.Join(err, fmt.Errorf("another member can't sign in: %w", failed))
		}
		return err
	})
}

// streams opens event streams, all as one member.
func (a *attacks) streams(w *row) {
	n := 700
	if *long {
		n = 2200
	}
	v, member := a.admin, a.evil.member
	w.flood(fmt.Sprintf("%d streams", n), func(ctx context.Context) error {
		before := v.sockets()
		var mu sync.Mutex
		var open []net.Conn
		_ = a.parallel(ctx, 8, n, func(int) error {
			for _, c := range a.hold(ctx, v, 1, func(_ int, conn net.Conn) error {
				_, err := fmt.Fprintf(conn, "GET /orgs/%s/events HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", a.evil.org.Slug, v.addr, member.cookie)
				return err
			}) {
				head := make([]byte, len("HTTP/1.1 200"))
				_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
				_, err := c.Read(head)
				var status int
				_, _ = fmt.Sscanf(string(head), "HTTP/1.1 %d", &status)
				_ = w.answered(answer{status: status})
				if err != nil || status != http.StatusOK {
					_ = c.Close()
					continue
				}
				mu.Lock()
				open = append(open, c)
				mu.Unlock()
			}
			return nil
		})
		w.shots = n
		w.note = fmt.Sprintf("%d of %d streams were open at the same time", len(open), n)
		fault := a.bystander.check(v)
		closeAll(open)
		var err error
		if fault != "" {
			err = errors.New(fault)
		}
		if failed := waitUntil(waitTimeout, func() bool { return v.sockets() <= before+2 }); failed != nil {
			err = errors.Join(err, fmt.Errorf("%d sockets are left of %d streams that were closed", v.sockets()-before, len(open)))
		}
		return err
	})
}
