// Package faultproxy is a TCP proxy between a program and a store that can simulate network
// faults. It handles bytes and connections and doesn't interpret them. Each program gets a
// dedicated proxy, so that some are cut off and others are not.
package faultproxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Proxy forwards connections from its own address to another one until it is closed.
type Proxy struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu     sync.Mutex
	closed bool
	target string
	delay  time.Duration
	// unblocked is closed while bytes pass; Hold replaces it with an open channel.
	unblocked chan struct{}
	refuses   bool
	pairs     map[*pair]struct{}
}

type pair struct{ client, server net.Conn }

func (p *pair) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// New returns a new wire to an address (host:port) that listens on a free port of
// 127.0.0.1.
func New(to string) (*Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Proxy{listener: listener, target: to, unblocked: make(chan struct{}), pairs: map[*pair]struct{}{}}
	close(w.unblocked)
	w.wg.Go(w.accept)
	return w, nil
}

// Addr returns the address that the wire listens on.
func (w *Proxy) Addr() string { return w.listener.Addr().String() }

// Close closes the wire and all connections.
func (w *Proxy) Close() error {
	err := w.listener.Close()
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.Unblock()
	w.Disconnect()
	w.wg.Wait()
	return err
}

// Failover directs new connections to addr and closes existing ones, as a failover does.
func (w *Proxy) Failover(addr string) {
	w.Redirect(addr)
	w.Disconnect()
}

// Redirect directs new connections to addr and leaves existing ones open, as happens when a
// name resolves to another server while the old one still runs.
func (w *Proxy) Redirect(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = addr
}

// Disconnect closes all connections; new ones are accepted.
func (w *Proxy) Disconnect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for p := range w.pairs {
		p.close()
	}
}

// Refuse closes all connections, and each new one immediately, until Accept.
func (w *Proxy) Refuse() {
	w.mu.Lock()
	w.refuses = true
	w.mu.Unlock()
	w.Disconnect()
}

// Accept undoes Refuse.
func (w *Proxy) Accept() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuses = false
}

// Block leaves connections open but lets nothing through until Release, like a network that
// drops everything. Data sent in that time arrives after Release.
func (w *Proxy) Block() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.unblocked:
		w.unblocked = make(chan struct{})
	default:
	}
}

// Unblock undoes Hold.
func (w *Proxy) Unblock() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.unblocked:
	default:
		close(w.unblocked)
	}
}

// Delay delays each piece of data by d, in either direction.
func (w *Proxy) Delay(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = d
}

// state returns how to treat a piece of data now.
func (w *Proxy) state() (open chan struct{}, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unblocked, w.delay
}

func (w *Proxy) accept() {
	for {
		near, err := w.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			w.wg.Go(func() { w.forward(near) })
		}
	}
}

func (w *Proxy) forward(near net.Conn) {
	w.mu.Lock()
	to, refuses := w.target, w.refuses
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
	// Cut, Refuse or To may have been called while it dialed.
	stale := w.closed || w.refuses || w.target != to
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

// copy forwards one direction and closes both when it ends: Redis has no half-closed
// connections.
func (w *Proxy) copy(p *pair, to io.Writer, from io.Reader) {
	defer p.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		open, delay := w.state()
		<-open
		if delay > 0 {
			time.Sleep(delay) // Delay was called
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
