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
	{"Redis frozen", ordinary, func(s *stage) {
		s.broke()
		s.redis.Pause()
		s.revoke("during")
		s.saidStale(s.readers...)
		s.hold()
		s.redis.Resume()
		s.mended()
	}},
	{"Redis killed, back empty", ordinary, func(s *stage) {
		s.broke()
		s.redis.Kill()
		s.revoke("during")
		s.hold()
		s.redis.Restart()
		s.mended()
	}},
	{"Redis frozen, then killed, tokens lapse", withShortTrust, tokensLapse},
	{"FLUSHALL", ordinary, func(s *stage) {
		s.broke()
		s.redis.FlushAll()
		s.mended()
		s.revoke("during")
	}},
	{"failover by Sentinels", withSentinels, func(s *stage) { failover(s, (*pair).killPrimary) }},
	{"failover, old primary frozen", withSentinels, func(s *stage) { failover(s, (*pair).freezePrimary) }},
	{"lagging replica promoted", withReplica, promoteLagging},
	{"split: one reader at the old primary", withReplica, split},
	{"address leads elsewhere, connections stay", withReplica, turned},
	{"network delays, then drops all", withReplica, badNetwork},
	{"leading worker frozen", ordinary, func(s *stage) {
		leader := s.leading()
		s.broke()
		leader.Signal(syscall.SIGSTOP)
		s.revoke("during")
		s.hold()
		leader.Signal(syscall.SIGCONT)
		s.mended()
	}},
	{"both workers killed", ordinary, func(s *stage) {
		s.broke()
		for _, w := range s.workers {
			s.kill(w)
		}
		s.revoke("during")
		s.hold()
		s.workers = []*devstack.Child{s.start("worker", ""), s.start("worker", "")}
		s.mended()
	}},
	{"reader killed in an outage, snapshot", withSnapshots, func(s *stage) { readerInOutage(s, true) }},
	{"reader killed in an outage, none", ordinary, func(s *stage) { readerInOutage(s, false) }},
	{"Postgres restarted", withOwnPostgres, restartPostgres},
	{"older Postgres backup restored", withBackup, restoreBackup},
	{"storm in one organization", ordinary, storm},
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
			s.begin()
			s.revoke("before")
			s.refused("before")
			sc.fault(s)
			s.recovered()
			s.revoke("after")
			s.refused("after")
			s.verdict(sc.name)
		})
	}
}

func ordinary(t *testing.T) *stage { return newStage(t, newFleet(t), false) }

func withSnapshots(t *testing.T) *stage { return newStage(t, newFleet(t), true) }

// hold keeps the fault for the duration given by -faults.hold.
func (s *stage) hold() {
	s.t.Helper()
	s.mu.Lock()
	left := *faultsHold - time.Since(s.h.Fault.Began)
	s.mu.Unlock()
	s.polls(max(settle, int(left / *faultsPoll)))
}

// leading returns the worker that is the leader.
func (s *stage) leading() (leader *devstack.Child) {
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

func readerInOutage(s *stage, kept bool) {
	if kept {
		s.polls(int(s.promises.Kept / *faultsPoll))
	}
	s.broke()
	s.redis.Pause()
	s.revoke("during")
	s.polls(settle)
	r := s.readers[0]
	s.down(r)
	s.polls(settle)
	s.up(r, kept)
	s.hold()
	s.redis.Resume()
	s.mended()
}

// reports holds the results of the scenarios by name.
var reports struct {
	sync.Mutex
	rows map[string]string
}

func report(name string, f checker.Figures, broken []checker.Violation) {
	verdict := "kept"
	if len(broken) > 0 {
		rules := map[checker.Rule]int{}
		for _, v := range broken {
			rules[v.Rule]++
		}
		verdict = strings.Trim(strings.TrimPrefix(fmt.Sprint(rules), "map"), "[]") + " BROKEN"
	}
	said := "never"
	if f.Stale > 0 {
		said = seconds(f.Stale)
	}
	reports.Lock()
	defer reports.Unlock()
	if reports.rows == nil {
		reports.rows = map[string]string{}
	}
	reports.rows[name] = fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s", name,
		f.Polls, f.Full, f.NotModified, f.Others, f.Unserved, said, seconds(f.Fresh), seconds(f.Refused), verdict)
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
	fmt.Fprintln(out, "scenario\tpolls\t200\t304\tothers\tunserved\tsaid stale after\tfresh again after\tended token last taken\tpromises")
	for _, sc := range scenarios {
		if row, ok := reports.rows[sc.name]; ok {
			fmt.Fprintln(out, row)
		}
	}
	_ = out.Flush()
}
