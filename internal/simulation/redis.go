package simulation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"orgmodes/internal/pubstore"
)

// cluster is a Redis with a replica that lags, as clients see it.
type cluster struct {
	mu      sync.Mutex
	lua     *interpreter
	primary *data
	// old is the former primary after a promotion, which some clients still talk to (a
	// split). It is nil if all talk to the same one.
	old *data
	// replica is the state of the primary at some earlier time.
	replica     *data
	frozen      bool
	unavailable bool
	changed     chan struct{} // closed at every change of a stream
	ids         int
}

func newCluster() *cluster {
	c := &cluster{lua: newInterpreter(), changed: make(chan struct{})}
	c.primary = newData(c.nextID())
	return c
}

func (c *cluster) nextID() string {
	c.ids++
	return fmt.Sprintf("replid%d", c.ids)
}

func (c *cluster) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// The faults of the servers.

func (c *cluster) update(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
	c.wake()
}

func (c *cluster) replicate() { c.update(func() { c.replica = c.primary.clone() }) }

func (c *cluster) flush() { c.update(func() { c.primary.flush() }) }

// restart restarts the server without its data.
func (c *cluster) restart() { c.update(func() { c.primary = newData(c.nextID()) }) }

// promote makes the replica the primary; whatever it lacks is lost. With split, some
// clients continue to talk to the old one.
func (c *cluster) promote(split bool) {
	c.update(func() {
		if c.replica == nil {
			c.replica = newData("")
		}
		if split {
			c.old = c.primary
		}
		c.primary, c.replica = c.replica, nil
		c.primary.replid = c.nextID()
	})
}

func (c *cluster) heal() { c.update(func() { c.old, c.frozen, c.unavailable = nil, false, false }) }

func (c *cluster) freeze() { c.update(func() { c.frozen = true }) }

func (c *cluster) disconnect() { c.update(func() { c.unavailable = true }) }

// faults holds the probabilities of faults in a client's calls.
type faults struct {
	// drop is the probability that a call doesn't arrive, lose that its answer doesn't.
	// twice is the probability that it is carried out two times.
	drop, lose, twice float64
	// latency is the maximum time that a call takes in each direction.
	latency time.Duration
}

// link is one client's connection to the cluster. It implements redis.Hook, and never calls
// the next hook.
type link struct {
	cluster *cluster
	stale   bool // talks to the old primary during a split
	timeout time.Duration

	// Each key has a separate source of randomness, so that the order of two simultaneous
	// calls makes no difference.
	mu      sync.Mutex
	newRand func(key string) *rand.Rand
	rands   map[string]*rand.Rand
	faults  faults
}

// store returns a pubstore.Store over the link.
func (l *link) store() *pubstore.Store {
	rdb := redis.NewClient(&redis.Options{
		Addr: "simulated", MaxRetries: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	rdb.AddHook(l)
	return pubstore.New(rdb, "")
}

var (
	errRefused = errors.New("dial: connection refused")
	errTimeout = errors.New("i/o timeout")
)

// DialHook implements redis.Hook.
func (l *link) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) { return nil, errRefused }
}

// ProcessHook implements redis.Hook.
func (l *link) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		var err error
		if cmd.Name() == "xread" {
			err = l.follow(ctx, cmd)
		} else {
			err = l.call(ctx, keyOf(ctx, cmd), func(d *data) error { return l.execute(d, cmd) })
		}
		if err != nil {
			cmd.SetErr(err)
		}
		return err
	}
}

// ProcessPipelineHook implements redis.Hook. All commands of a pipeline run at once.
func (l *link) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := l.call(ctx, keyOf(ctx, cmds...), func(d *data) error {
			for _, cmd := range cmds {
				if err := l.execute(d, cmd); err != nil {
					cmd.SetErr(err)
				}
			}
			return nil
		})
		if err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		for _, cmd := range cmds {
			if cmd.Err() != nil {
				return cmd.Err()
			}
		}
		return nil
	}
}

// keyOf returns the keys of a call and the collection that it is made for. It doesn't
// depend on the order of a pipeline.
func keyOf(ctx context.Context, cmds ...redis.Cmder) string {
	keys := make([]string, len(cmds))
	for i, cmd := range cmds {
		keys[i] = subject(cmd)
	}
	slices.Sort(keys)
	collection, _ := pprof.Label(ctx, "collection")
	return strings.Join(keys, " ") + collection
}

func subject(cmd redis.Cmder) string {
	args := argStrings(cmd.Args())
	switch {
	case cmd.Name() == "eval" || cmd.Name() == "evalsha":
		n, _ := strconv.Atoi(args[2])
		return cmd.Name() + args[2+n] // the last of its keys
	case len(args) > 1:
		return args[1]
	}
	return "" // multi and exec
}

// callFaults holds the random faults and delays of one call.
type callFaults struct {
	drop, lose, twice   bool
	there, thawed, back time.Duration
}

func (l *link) draw(key string) callFaults {
	l.mu.Lock()
	defer l.mu.Unlock()
	rng, ok := l.rands[key]
	if !ok {
		rng = l.newRand(key)
		l.rands[key] = rng
	}
	f := l.faults
	lag := func() time.Duration { return time.Duration(1 + rng.Int64N(int64(f.latency)+1)) }
	return callFaults{rng.Float64() < f.drop, rng.Float64() < f.lose, rng.Float64() < f.twice, lag(), lag(), lag()}
}

func (l *link) setFaults(f faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
}

// call carries a request to the server and its answer back.
func (l *link) call(ctx context.Context, key string, do func(*data) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	d := l.draw(key)
	if d.drop {
		<-ctx.Done()
		return errTimeout
	}
	if err := sleep(ctx, d.there); err != nil {
		return errTimeout
	}
	err := l.onServer(ctx, d.thawed, func(on *data) error {
		err := do(on)
		if d.twice {
			err = do(on)
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.lose {
		<-ctx.Done()
		return errTimeout
	}
	if sleep(ctx, d.back) != nil {
		return errTimeout
	}
	return nil
}

// onServer runs do on the server that this client talks to, once that is not frozen.
func (l *link) onServer(ctx context.Context, thawed time.Duration, do func(*data) error) error {
	c := l.cluster
	for {
		c.mu.Lock()
		if c.unavailable {
			c.mu.Unlock()
			return errRefused
		}
		if !c.frozen {
			on := c.primary
			if l.stale && c.old != nil {
				on = c.old
			}
			before := on.logged
			err := do(on)
			if on.logged != before {
				c.wake()
			}
			c.mu.Unlock()
			return err
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return errTimeout
		case <-changed:
		}
		if sleep(ctx, thawed) != nil { // so that waiting calls don't all run at the same time
			return errTimeout
		}
	}
}

// follow implements XREAD BLOCK.
func (l *link) follow(ctx context.Context, cmd redis.Cmder) error {
	x, ok := cmd.(*redis.XStreamSliceCmd)
	if !ok {
		return fmt.Errorf("xread into %T", cmd)
	}
	args := argStrings(cmd.Args())
	at := slices.Index(args, "streams")
	block, err := strconv.Atoi(args[slices.Index(args, "block")+1])
	if err != nil {
		return err
	}
	key := args[at+1]
	id, err := streamID(args[at+2])
	if err != nil {
		return err
	}
	deadline := time.NewTimer(time.Duration(block) * time.Millisecond)
	defer deadline.Stop()
	for {
		var found []entry
		var changed <-chan struct{}
		err := l.call(ctx, key, func(d *data) error {
			found, changed = slices.Clone(d.after(key, id)), l.cluster.changed
			return nil
		})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			x.SetVal([]redis.XStream{{Stream: key, Messages: messages(found)}})
			return nil
		}
		select {
		case <-ctx.Done():
			return errTimeout
		case <-deadline.C:
			return redis.Nil
		case <-changed:
		}
	}
}

func messages(es []entry) []redis.XMessage {
	out := make([]redis.XMessage, len(es))
	for i, e := range es {
		values := make(map[string]any, len(e.fields)/2)
		for j := 0; j+1 < len(e.fields); j += 2 {
			values[e.fields[j]] = e.fields[j+1]
		}
		out[i] = redis.XMessage{ID: fmt.Sprintf("%d-0", e.id), Values: values}
	}
	return out
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
