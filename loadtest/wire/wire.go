// Package wire is a piece of network that can be broken: a proxy for TCP between
// a program and a store. It knows bytes and connections, and nothing of what
// they mean. Each program gets one of its own, so that some are cut off and
// others are not.
package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Wire carries connections from its own address to another one, until it is
// closed.
type Wire struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu     sync.Mutex
	closed bool
	to     string
	delay  time.Duration
	// open is closed while bytes pass; a held wire has one that isn't.
	open    chan struct{}
	refuses bool
	pairs   map[*pair]struct{}
}

type pair struct{ near, far net.Conn }

func (p *pair) close() {
	_ = p.near.Close()
	_ = p.far.Close()
}

// New makes a wire to an address (host:port) from a free port of 127.0.0.1.
func New(to string) (*Wire, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Wire{listener: listener, to: to, open: make(chan struct{}), pairs: map[*pair]struct{}{}}
	close(w.open)
	w.wg.Go(w.accept)
	return w, nil
}

// Addr is where to connect to.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// Close ends the wire with all connections.
func (w *Wire) Close() error {
	err := w.listener.Close()
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.Release()
	w.Cut()
	w.wg.Wait()
	return err
}

// To has new connections go elsewhere, and cuts those that there are: what a
// failover does to an address.
func (w *Wire) To(addr string) {
	w.Turn(addr)
	w.Cut()
}

// Turn has new connections go elsewhere and leaves those that there are: what
// becomes of a name that leads to another server while the old one runs on.
func (w *Wire) Turn(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = addr
}

// Cut breaks all connections; new ones are taken.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range w.pairs {
		p.close()
	}
}

// Refuse breaks all connections, and each new one at once, until Accept.
func (w *Wire) Refuse() {
	w.mu.Lock()
	w.refuses = true
	w.mu.Unlock()
	w.Cut()
}

// Accept undoes Refuse.
func (w *Wire) Accept() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuses = false
}

// Hold lets connections be and nothing through, as a network does that drops
// everything, until Release. What was sent meanwhile arrives then.
func (w *Wire) Hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.open:
		w.open = make(chan struct{})
	default:
	}
}

// Release undoes Hold.
func (w *Wire) Release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.open:
	default:
		close(w.open)
	}
}

// Delay has each piece of data wait for that long, in either direction.
func (w *Wire) Delay(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = d
}

// state is how a piece of data is to be treated now.
func (w *Wire) state() (open chan struct{}, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open, w.delay
}

func (w *Wire) accept() {
	for {
		near, err := w.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			w.wg.Go(func() { w.carry(near) })
		}
	}
}

func (w *Wire) carry(near net.Conn) {
	w.mu.Lock()
	to, refuses := w.to, w.refuses
	w.mu.Unlock()
	if refuses {
		_ = near.Close()
		return
	}
	far, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp4", to)
	if err != nil {
		_ = near.Close()
		return
	}
	p := &pair{near, far}
	w.mu.Lock()
	// Cut, Refuse or To may have come while it dialed.
	stale := w.closed || w.refuses || w.to != to
	if !stale {
		w.pairs[p] = struct{}{}
	}
	w.mu.Unlock()
	if !stale {
		var both sync.WaitGroup
		both.Go(func() { w.copy(p, near, far) })
		both.Go(func() { w.copy(p, far, near) })
		both.Wait()
		w.mu.Lock()
		delete(w.pairs, p)
		w.mu.Unlock()
	}
	p.close()
}

// copy carries one direction, and ends both with it: Redis has no half-closed
// connections.
func (w *Wire) copy(p *pair, to io.Writer, from io.Reader) {
	defer p.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		open, delay := w.state()
		<-open
		if delay > 0 {
			time.Sleep(delay) // this is what is asked for
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
