package loadtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/loadtest/faultproxy"
)

// replicaPair is a primary and its replica. Each reader has a proxy to the one that it considers
// the primary. The workers share one proxy, and the replica has one to its primary. With
// Sentinels there are no proxies.
type replicaPair struct {
	primary, replica *storetest.RedisServer
	replication      *faultproxy.Proxy
	workers          *faultproxy.Proxy
	readers          []*faultproxy.Proxy
}

func (p *replicaPair) proxies() []*faultproxy.Proxy {
	return append([]*faultproxy.Proxy{p.workers}, p.readers...)
}

func newPair(t *testing.T, primary *storetest.RedisServer) *replicaPair {
	t.Helper()
	p := &replicaPair{primary: primary, replication: newProxy(t, primary.Addr)}
	p.replica = storetest.Redis(t, func(o *devstack.RedisOptions) { o.ReplicaOf = p.replication.Addr() })
	return p
}

func newProxy(t *testing.T, to string) *faultproxy.Proxy {
	t.Helper()
	w, err := faultproxy.New(to)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// pairs maps each stage to its pair.
var pairs = &registry[*replicaPair]{}

func withReplica(t *testing.T) *stage {
	f := newFleet(t)
	p := newPair(t, f.redis)
	p.workers = newProxy(t, p.primary.Addr)
	f.redisURLs["worker"] = "redis://" + p.workers.Addr()
	for i := range stageReaders {
		w := newProxy(t, p.primary.Addr)
		p.readers = append(p.readers, w)
		f.redisURLs[fmt.Sprintf("reader-%d", i)] = "redis://" + w.Addr()
	}
	s := newStage(t, f, false)
	pairs.put(t, s, p)
	return s
}

// promoteLagging loses what the replica did not receive: changes and a revocation that
// readers have seen.
func promoteLagging(s *stage) {
	p := pairs.get(s)
	s.faultBegan()
	p.replication.Block()
	s.revoke("during")
	s.awaitRefused("during")
	s.holdFault()
	p.primary.Kill()
	p.replica.Promote()
	for _, w := range p.proxies() {
		w.Failover(p.replica.Addr)
	}
	s.faultEnded()
}

// splitBrain directs the workers and all readers but one to a new primary. That one still
// follows the old primary, which keeps running. Editors poll both kinds of readers in turn.
func splitBrain(s *stage) {
	p := pairs.get(s)
	s.faultBegan()
	p.replica.Promote()
	left, lost := p.readers[0], s.readers[0]
	for _, w := range p.proxies() {
		if w != left {
			w.Failover(p.replica.Addr)
		}
	}
	s.revoke("during")
	s.awaitStale(lost)
	s.holdFault()
	left.Failover(p.replica.Addr)
	s.faultEnded()
}

// redirectedAddress makes the address of Redis lead to another server, while the old primary
// keeps running and every connection to it works. The programs get no notification: they find
// the new primary because they limit the age of their connections.
func redirectedAddress(s *stage) {
	p := pairs.get(s)
	s.faultBegan()
	p.replica.Promote()
	for _, w := range p.proxies() {
		w.Redirect(p.replica.Addr)
	}
	s.faultEnded()
	s.revoke("during")
	s.await("nobody uses the old primary", func() error {
		if clients := strings.TrimSpace(p.primary.Do("CLIENT", "LIST")); strings.Contains(clients, "\n") { // one line is this connection's own
			return errors.New(clients)
		}
		return nil
	})
	s.holdFault()
}

// faultyNetwork delays everything, then blocks all traffic while leaving connections open, and
// finally breaks them.
func faultyNetwork(s *stage) {
	p := pairs.get(s)
	s.faultBegan()
	for _, w := range p.proxies() {
		w.Delay(20 * time.Millisecond)
	}
	s.awaitPolls(settlePolls)
	for _, w := range p.proxies() {
		w.Delay(0)
		w.Block()
	}
	s.revoke("during")
	s.holdFault()
	for _, w := range p.proxies() {
		w.Refuse()
		w.Unblock()
		w.Accept()
	}
	s.faultEnded()
}

// sentinelName is the name under which the Sentinels monitor the pair.
const sentinelName = "main"

// withSentinels returns a stage whose programs find Redis through three Sentinels that
// monitor a pair.
func withSentinels(t *testing.T) *stage {
	f := newFleet(t)
	p := &replicaPair{primary: f.redis, replica: storetest.Redis(t, storetest.ReplicaOf(f.redis))}
	program := redisProgram(t)
	var addrs []string
	for range 3 {
		addrs = append(addrs, f.sentinel(program, p.primary.Addr))
	}
	for _, addr := range addrs {
		f.await("the Sentinels know each other and the replica", func() error {
			reply, err := devstack.RedisDo(t.Context(), addr, "", "SENTINEL", "CKQUORUM", sentinelName)
			if err == nil && !strings.HasPrefix(reply, "OK 3 ") {
				err = errors.New(reply)
			}
			if err != nil {
				return err
			}
			reply, err = devstack.RedisDo(t.Context(), addr, "", "INFO", "sentinel")
			if err == nil && !strings.Contains(reply, "slaves=1,sentinels=3") {
				err = errors.New(reply)
			}
			return err
		})
	}
	url := "redis+sentinel://" + strings.Join(addrs, ",") + "/" + sentinelName
	f.redisURLs["reader"], f.redisURLs["worker"] = url, url
	s := newStage(t, f, false)
	pairs.put(t, s, p)
	return s
}

// redisProgram finds the redis-server that storetest uses.
func redisProgram(t *testing.T) *devstack.Program {
	t.Helper()
	if file := os.Getenv("ORGMODES_REDIS_SERVER"); file != "" {
		return devstack.NewRedisProgram(file, os.Getenv("ORGMODES_REDIS_LD_PATH"))
	}
	program, err := devstack.FindRedis(t.Context(), func(string, ...any) {})
	require.NoError(t, err)
	return program
}

// sentinel starts a Sentinel and returns its address.
func (f *fleet) sentinel(program *devstack.Program, primary string) string {
	f.t.Helper()
	addr := freePort(f.t)
	_, port, err := net.SplitHostPort(addr)
	require.NoError(f.t, err)
	host, primaryPort, err := net.SplitHostPort(primary)
	require.NoError(f.t, err)
	dir := f.t.TempDir()
	file := filepath.Join(dir, "sentinel.conf")
	// A Sentinel writes its state back into its configuration file.
	require.NoError(f.t, os.WriteFile(file, fmt.Appendf(nil, `bind 127.0.0.1
port %[1]s
dir %[2]q
sentinel monitor %[3]s %[4]s %[5]s 2
sentinel down-after-milliseconds %[3]s 5000
sentinel failover-timeout %[3]s 20000
`, port, dir, sentinelName, host, primaryPort), 0o600))
	child, err := devstack.Start(devstack.Command{
		Path: program.Bin, Args: []string{file, "--sentinel"}, Env: append(os.Environ(), "LD_LIBRARY_PATH="+program.LibPath),
	})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = child.Stop(syscall.SIGKILL, time.Second) })
	f.await("a Sentinel answers", func() error {
		_, err := devstack.RedisDo(f.t.Context(), addr, "", "PING")
		return err
	})
	return addr
}

// killPrimary and freezePrimary make the primary unavailable. The returned function brings
// the server back.
func (p *replicaPair) killPrimary() (restore func()) {
	p.primary.Kill()
	return p.primary.Restart
}

// A frozen primary still considers itself the primary when it resumes.
func (p *replicaPair) freezePrimary() (restore func()) {
	p.primary.Pause()
	return p.primary.Resume
}

// failover leaves it to the Sentinels to detect the loss of the primary, and to the
// programs to find the new one.
func failover(s *stage, fail func(*replicaPair) (restore func())) {
	p := pairs.get(s)
	s.faultBegan()
	restore := fail(p)
	s.revoke("during")
	s.await("the replica is promoted", func() error {
		// The Sentinel that promotes the replica closes the connections of its clients,
		// including this one. Then it is asked again.
		answer, err := p.replica.Try("INFO", "replication")
		if err == nil && !strings.Contains(answer, "role:master") {
			err = errors.New(answer)
		}
		return err
	})
	s.faultEnded()
	s.holdFault()
	restore()
}
