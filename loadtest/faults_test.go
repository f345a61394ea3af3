package loadtest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"orgmodes/internal/devstack"
	"orgmodes/internal/prove"
	"orgmodes/loadtest/checker"
)

var (
	faultsHold = flag.Duration("faults.hold", 0, "how long things stay broken; 0 means for as long as it takes to show")
	faultsPoll = flag.Duration("faults.poll", 100*time.Millisecond, "how often each editor polls")
)

// scenarios lists all faults caused on purpose. Each records when its fault starts and ends.
// What editors are allowed to receive is the same for all; see package checker.
var scenarios = []struct {
	name string
	// build sets up the stage that the scenario needs.
	build func(t *testing.T) *stage
	fault func(s *stage)
}{
	{"Redis frozen", newOrdinaryStage, func(s *stage) {
		s.faultBegan()
		s.redis.Pause()
		s.revoke("during")
		s.awaitStale(s.readers...)
		s.holdFault()
		s.redis.Resume()
		s.faultEnded()
	}},
	{"Redis killed, back empty", newOrdinaryStage, func(s *stage) {
		s.faultBegan()
		s.redis.Kill()
		s.revoke("during")
		s.holdFault()
		s.redis.Restart()
		s.faultEnded()
	}},
	{"Redis frozen, then killed, tokens lapse", withShortAuthMaxStale, tokensExpire},
	{"FLUSHALL", newOrdinaryStage, func(s *stage) {
		s.faultBegan()
		s.redis.FlushAll()
		s.faultEnded()
		s.revoke("during")
	}},
	{"failover by Sentinels", withSentinels, func(s *stage) { failover(s, (*replicaPair).killPrimary) }},
	{"failover, old primary frozen", withSentinels, func(s *stage) { failover(s, (*replicaPair).freezePrimary) }},
	{"lagging replica promoted", withReplica, promoteLagging},
	{"split: one reader at the old primary", withReplica, splitBrain},
	{"address leads elsewhere, connections stay", withReplica, redirectedAddress},
	{"network delays, then drops all", withReplica, faultyNetwork},
	{"leading worker frozen", newOrdinaryStage, func(s *stage) {
		leader := s.leadingWorker()
		s.faultBegan()
		leader.Signal(syscall.SIGSTOP)
		s.revoke("during")
		s.holdFault()
		leader.Signal(syscall.SIGCONT)
		s.faultEnded()
	}},
	{"both workers killed", newOrdinaryStage, func(s *stage) {
		s.faultBegan()
		for _, w := range s.workers {
			s.kill(w)
		}
		s.revoke("during")
		s.holdFault()
		s.workers = []*devstack.Child{s.start("worker", ""), s.start("worker", "")}
		s.faultEnded()
	}},
	{"reader killed in an outage, snapshot", withSnapshots, func(s *stage) { readerInOutage(s, true) }},
	{"reader killed in an outage, none", newOrdinaryStage, func(s *stage) { readerInOutage(s, false) }},
	{"Postgres restarted", withOwnPostgres, restartPostgres},
	{"older Postgres backup restored", withBackup, restoreBackup},
	{"storm in one organization", newOrdinaryStage, storm},
}

// Whatever is broken, editors get 200 and 304 and never an older document. They are told
// when an answer may be stale, and get the current one soon after.
func TestFaults(t *testing.T) {
	prove.Long(t)
	t.Parallel()
	t.Cleanup(printReports)
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := sc.build(t)
			s.startClients()
			s.revoke("before")
			s.awaitRefused("before")
			sc.fault(s)
			s.requireRecovery()
			s.revoke("after")
			s.awaitRefused("after")
			s.checkHistory(sc.name)
		})
	}
}

func newOrdinaryStage(t *testing.T) *stage { return newStage(t, newFleet(t), false) }

func withSnapshots(t *testing.T) *stage { return newStage(t, newFleet(t), true) }

// holdFault keeps the fault for the duration given by -faults.hold.
func (s *stage) holdFault() {
	s.t.Helper()
	s.mu.Lock()
	left := *faultsHold - time.Since(s.history.Fault.Began)
	s.mu.Unlock()
	s.awaitPolls(max(settlePolls, int(left / *faultsPoll)))
}

// leadingWorker returns the worker that is the leader.
func (s *stage) leadingWorker() (leader *devstack.Child) {
	s.t.Helper()
	s.await("a worker leads", func() error {
		s.fleet.mu.Lock()
		defer s.fleet.mu.Unlock()
		if leader = s.leader; leader == nil {
			return fmt.Errorf("none of %d does", len(s.workers))
		}
		return nil
	})
	return leader
}

func readerInOutage(s *stage, keepsSnapshot bool) {
	if keepsSnapshot {
		s.awaitPolls(int(s.promises.Kept / *faultsPoll))
	}
	s.faultBegan()
	s.redis.Pause()
	s.revoke("during")
	s.awaitPolls(settlePolls)
	r := s.readers[0]
	s.killReader(r)
	s.awaitPolls(settlePolls)
	s.restartReader(r, keepsSnapshot)
	s.holdFault()
	s.redis.Resume()
	s.faultEnded()
}

// reports holds the results of the scenarios by name.
var reports struct {
	sync.Mutex
	rows map[string]string
}

func report(name string, f checker.Summary, broken []checker.Violation) {
	verdict := "kept"
	if len(broken) > 0 {
		rules := map[checker.Rule]int{}
		for _, v := range broken {
			rules[v.Rule]++
		}
		verdict = strings.Trim(strings.TrimPrefix(fmt.Sprint(rules), "map"), "[]") + " BROKEN"
	}
	stale := "never"
	if f.Stale > 0 {
		stale = seconds(f.Stale)
	}
	reports.Lock()
	defer reports.Unlock()
	if reports.rows == nil {
		reports.rows = map[string]string{}
	}
	reports.rows[name] = fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s", name,
		f.Polls, f.Full, f.NotModified, f.Others, f.Unserved, stale, seconds(f.Fresh), seconds(f.Refused), verdict)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// printReports prints the table, in the order of the scenarios.
func printReports() {
	reports.Lock()
	defer reports.Unlock()
	if !testing.Verbose() || len(reports.rows) == 0 {
		return
	}
	fmt.Println("\nOthers are the answers to ended tokens and strangers, and those of readers that had nothing or did not run;")
	fmt.Println("unserved are those of them that a running reader gave to a good token (cold, in an outage).")
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "scenario\tpolls\t200\t304\tothers\tunserved\tmarked stale after\tfresh again after\tended token last accepted\tpromises")
	for _, sc := range scenarios {
		if row, ok := reports.rows[sc.name]; ok {
			fmt.Fprintln(out, row)
		}
	}
	_ = out.Flush()
}
