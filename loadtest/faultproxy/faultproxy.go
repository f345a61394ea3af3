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
	// unblocked is closed while bytes pass; Block replaces it with an open channel.
	unblocked chan struct{}
	refuses   bool
	pairs     map[*pair]struct{}
}

type pair struct{ client, server net.Conn }

func (p *pair) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// New returns a new Proxy to an address (host:port) that listens on a free port of
// 127.0.0.1.
func New(to string) (*Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, target: to, unblocked: make(chan struct{}), pairs: map[*pair]struct{}{}}
	close(p.unblocked)
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns the address that the proxy listens on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close closes the proxy and all connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Unblock()
	p.Disconnect()
	p.wg.Wait()
	return err
}

// Failover directs new connections to addr and closes existing ones, as a failover does.
func (p *Proxy) Failover(addr string) {
	p.Redirect(addr)
	p.Disconnect()
}

// Redirect directs new connections to addr and leaves existing ones open, as happens when a
// name resolves to another server while the old one still runs.
func (p *Proxy) Redirect(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// Disconnect closes all connections; new ones are accepted.
func (p *Proxy) Disconnect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		c.close()
	}
}

// Refuse closes all connections, and each new one immediately, until Accept.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	p.refuses = true
	p.mu.Unlock()
	p.Disconnect()
}

// Accept undoes Refuse.
func (p *Proxy) Accept() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = false
}

// Block leaves connections open but lets nothing through until Unblock, like a network that
// drops everything. Data sent in that time arrives after Unblock.
func (p *Proxy) Block() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.unblocked:
		p.unblocked = make(chan struct{})
	default:
	}
}

// Unblock undoes Block.
func (p *Proxy) Unblock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.unblocked:
	default:
		close(p.unblocked)
	}
}

// Delay delays each piece of data by d, in either direction.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// state returns how to treat a piece of data now.
func (p *Proxy) state() (open chan struct{}, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unblocked, p.delay
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.wg.Go(func() { p.forward(client) })
		}
	}
}

func (p *Proxy) forward(client net.Conn) {
	p.mu.Lock()
	target, refused := p.target, p.refuses
	p.mu.Unlock()
	if refused {
		_ = client.Close()
		return
	}
	server, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp4", target)
	if err != nil {
		_ = client.Close()
		return
	}
	c := &pair{client, server}
	p.mu.Lock()
	// Disconnect, Refuse or Redirect may have been called while it dialed.
	stale := p.closed || p.refuses || p.target != target
	if !stale {
		p.pairs[c] = struct{}{}
	}
	p.mu.Unlock()
	if !stale {
		var both sync.WaitGroup
		both.Go(func() { p.copy(c, client, server) })
		both.Go(func() { p.copy(c, server, client) })
		both.Wait()
		p.mu.Lock()
		delete(p.pairs, c)
		p.mu.Unlock()
	}
	c.close()
}

// copy forwards one direction and closes both when it ends: Redis has no half-closed
// connections.
func (p *Proxy) copy(c *pair, to io.Writer, from io.Reader) {
	defer c.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		open, delay := p.state()
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
