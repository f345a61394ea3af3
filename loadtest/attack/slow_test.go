package attack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// heldAttack is an attack whose connections stay open while others run.
type heldAttack struct {
	row    *row
	conns  []net.Conn
	before int // sockets of the victim
	began  time.Time
	stop   context.CancelFunc
}

// disconnectTimeout bounds how long a server may hold a client that neither sends nor reads. Our
// programs' timeouts are a minute or two.
const disconnectTimeout = 4 * time.Minute

// slowClients opens connections of clients that send or read next to nothing, each kind to
// a separate process. checkSlowClients checks what became of them.
func (a *attacks) slowClients() {
	tn := a.tenant("exporter")
	a.fillLibrary(tn)
	dribble := func(head string) func(int, net.Conn) error {
		return func(_ int, conn net.Conn) error { _, err := conn.Write([]byte(head)); return err }
	}
	form := fill(10<<20, "name=", "a", "")
	post := fmt.Sprintf("POST /orgs/%s/modes/new HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: ", a.acme.org.Slug, mediaForm)
	for _, attack := range []struct {
		name, victim string
		n            int
		dribbles     bool
		budget       budget
		begin        func(i int, conn net.Conn) error
	}{
		{"14 forms of 10 MiB, answers not read", "admin", 14, false, floodBudget, func(_ int, conn net.Conn) error {
			_ = conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
			_, _ = conn.Write([]byte(post + fmt.Sprint(len(form)) + "\r\n\r\n" + form))
			return nil // a request that is refused early is closed while it sends
		}},
		{"40 exports of 8 MB not read", "admin", 40, false, floodBudget, dribble(fmt.Sprintf(
			"GET /api/v1/organizations/%s/modes/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", tn.org.Slug, tn.write))},
		{"200 heads, a byte a second", "admin", 200, true, floodBudget, dribble("GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")},
		{"200 bodies of 10 MiB, a byte a second", "admin", 200, true, floodBudget, dribble(post + fmt.Sprint(len(form)) + "\r\n\r\n")},
		{"200 heads at the reader, a byte a second", "reader", 200, true, floodBudget, dribble("GET /api/marketplace/modes HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")},
	} {
		name := "slow: " + attack.name
		if !a.only.MatchString(name) {
			continue
		}
		v := a.victim(attack.victim, 0)
		ctx, stop := context.WithCancel(context.Background())
		h := &heldAttack{before: v.sockets(), began: time.Now(), stop: stop}
		a.run(name, v, attack.budget, func(w *row) {
			h.row = w
			w.flood(attack.name, func(ctx context.Context) error {
				h.conns = a.hold(ctx, v, attack.n, attack.begin)
				w.shots = len(h.conns)
				waitIdle(ctx, v)
				if fault := a.bystander.check(v); fault != "" {
					return errors.New(fault)
				}
				return nil
			})
		})
		if attack.dribbles {
			go h.dribble(ctx)
		}
		a.held = append(a.held, h)
	}
}

// dribble sends a byte each second on all connections.
func (h *heldAttack) dribble(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, c := range h.conns {
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = c.Write([]byte("a"))
		}
	}
}

// waitIdle waits until the victim has finished working on what it received.
func waitIdle(ctx context.Context, v *victim) {
	for quiet, last := 0, v.cpu(); quiet < 10 && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		now := v.cpu()
		if quiet++; now > last+20*time.Millisecond {
			quiet = 0
		}
		last = now
	}
}

// checkSlowClients waits until the victims have closed the connections, and then stops the
// victims.
func (a *attacks) checkSlowClients() {
	for _, h := range a.held {
		w, v := h.row, h.row.victim
		a.resume(w.name+": cut", w, func() {
			left := disconnectTimeout - time.Since(h.began)
			disconnected := waitUntil(max(left, time.Second), func() bool { return !v.alive() || v.sockets() <= h.before+2 })
			w.wall = time.Since(h.began)
			if disconnected != nil {
				w.fault("connections", fmt.Sprintf("%d are still open after %s", v.sockets()-h.before, seconds(w.wall)))
			}
			_, peak := v.memory()
			w.memory = max(w.memory, peak-v.startMemory)
			if w.memory > w.budget.memory {
				w.fault("while they were open", mebibytes(w.memory))
			}
		})
		h.stop()
		closeAll(h.conns)
		v.stop()
	}
}

// fillLibrary imports a library nearly as large as the limit into the tenant.
func (a *attacks) fillLibrary(tn tenant) {
	_, writer, _ := tn.senders()
	r := request{
		method: http.MethodPost, path: "/api/v1/organizations/" + tn.org.Slug + "/modes/import", media: mediaYAML, as: writer,
		body: []byte(largeModes(480, 16_000, func(n int) string { return strings.Repeat("word ", n/5) })),
	}
	ctx, cancel := context.WithTimeout(a.t.Context(), waitTimeout)
	defer cancel()
	got, err := r.send(ctx, a.attackers, a.admin.url())
	if err != nil || got.status != http.StatusOK {
		a.t.Fatalf("filling a library: %v, %d: %.300s", err, got.status, got.start)
	}
}
