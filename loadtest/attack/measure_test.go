package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// budget bounds what an attack can cost one process. Zero means no bound.
type budget struct {
	cpu    time.Duration
	memory int64 // bytes
}

var (
	oneRequest = budget{time.Second, 64 << 20}
	oneUpload  = budget{3 * time.Second, 256 << 20}
)

// slack is the factor by which the short form may exceed a budget. It runs beside other
// tests: on a shared core the same work takes more CPU time, and a garbage collection that
// waits for a core lets memory grow. make attack allows no slack.
const slack = 1.5

// row records one attack: one or several shots, with the figures of the worst.
type row struct {
	name   string
	victim *victim
	budget budget
	// client sends the shots; nil means the attackers' client.
	client *http.Client
	// refused is set if every answer must be a 4xx.
	refused bool

	shots, skipped int
	cpu, wall      time.Duration
	memory         int64
	status         map[int]int // answers by status
	size           int64       // of the largest answer
	worst          string      // the shot that took the largest share of its budget
	share          float64
	faults         []string // without repetition
	overBudget     int      // shots over budget
	note           string
}

// maxOverBudget is the number of shots over budget after which a row skips the rest: each may
// have cost a restart.
const maxOverBudget = 3

// abortFactor is the multiple of a CPU or memory budget at which a shot is aborted.
const abortFactor = 10

// shotTimeout bounds each shot. It is not a budget: on a busy machine a second of CPU time can
// take a minute.
const shotTimeout = 4 * time.Minute

// fire sends a request to the row's victim and measures it.
func (w *row) fire(r request) answer {
	v := w.victim
	var got answer
	w.measure(r.String(), func(ctx context.Context) error {
		client := w.client
		if client == nil {
			client = v.s.attackers
		}
		a, err := r.send(ctx, client, v.url())
		w.status[a.status]++
		w.size = max(w.size, a.size)
		got = a
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case a.status == http.StatusInternalServerError || a.status == http.StatusBadGateway:
			return fmt.Errorf("answered %d", a.status)
		case w.refused && a.status != 0 && (a.status < 400 || a.status >= 500):
			return fmt.Errorf("answered %d", a.status)
		case err != nil && a.status == 0 && !closed(err):
			return errors.New(reason(err))
		}
		return nil
	})
	return got
}

// closed reports whether the server closed the connection. It is allowed to do that to a
// client that is still sending.
func closed(err error) bool {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return true
	}
	return strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "closed")
}

// measure runs a shot and records what it cost the victim. If the shot takes more than half
// a second, the bystander checks the victim during it. An error from send is recorded as a
// fault.
func (w *row) measure(name string, send func(context.Context) error) {
	w.victim.s.t.Helper()
	if w.status == nil {
		w.status = map[int]int{}
	}
	if w.overBudget >= maxOverBudget && !*all {
		w.skipped++
		return
	}
	w.shots++
	v := w.victim
	v.settle()
	faults := len(w.faults)
	rss, _ := v.memory()
	v.resetPeak()
	cpu, began := v.cpu(), time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), shotTimeout)
	cut := w.guard(ctx, cancel, rss, cpu)
	unserved := v.s.bystander.watch(v, 500*time.Millisecond)
	profiled := w.profile(ctx, name)
	err := send(ctx)
	cancel()
	abort := <-cut
	profiled()
	if fault := unserved(); fault != "" {
		w.fault(name, fault)
	}
	_, peak := v.memory()
	wall, cpu, memory := time.Since(began), v.cpu()-cpu, max(peak-rss, 0)
	if abort.fault != "" {
		cpu, memory = abort.cpu, abort.memory
		w.fault(name, abort.fault)
	} else if err != nil {
		w.fault(name, err.Error())
	}
	w.record(name, cpu, memory, wall, abort.fault == "")
	if len(w.faults) > faults {
		w.overBudget++
	}
	if abort.fault != "" || !v.alive() {
		v.restart()
	}
}

// record records the cost of a shot. A shot that was aborted has its fault already.
func (w *row) record(name string, cpu time.Duration, memory int64, wall time.Duration, complete bool) {
	w.cpu, w.memory, w.wall = max(w.cpu, cpu), max(w.memory, memory), max(w.wall, wall)
	share := 0.0
	if w.budget.cpu > 0 {
		share = float64(cpu) / float64(w.budget.cpu)
	}
	if w.budget.memory > 0 {
		share = max(share, float64(memory)/float64(w.budget.memory))
	}
	if !*long {
		share /= slack
	}
	if share > 1 && complete {
		w.fault(name, fmt.Sprintf("%s of CPU, %s", seconds(cpu), mebibytes(memory)))
	}
	if share >= w.share {
		w.share, w.worst = share, name
	}
}

// aborted holds why a shot was aborted, and what it had cost by then.
type aborted struct {
	fault  string
	cpu    time.Duration
	memory int64
}

// guard aborts a shot that exceeds abortFactor times its budget, or whose victim exits.
func (w *row) guard(ctx context.Context, cancel func(), rss int64, cpu time.Duration) <-chan aborted {
	v, out := w.victim, make(chan aborted, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var last aborted
		for {
			select {
			case <-ctx.Done():
				if errors.Is(ctx.Err(), context.DeadlineExceeded) {
					last.fault = "no answer within " + shotTimeout.String()
				}
				out <- last
				return
			case <-v.child.Done():
				last.fault = "process exited: " + exitReason(v)
				cancel()
				out <- last
				return
			case <-tick.C:
			}
			if _, peak := v.memory(); peak > 0 {
				last.cpu, last.memory = v.cpu()-cpu, max(peak-rss, last.memory)
			}
			if w.budget.cpu > 0 && last.cpu > abortFactor*w.budget.cpu || w.budget.memory > 0 && last.memory > abortFactor*w.budget.memory {
				last.fault = fmt.Sprintf("cut off at %s of CPU, %s", seconds(last.cpu), mebibytes(last.memory))
				cancel()
				out <- last
				return
			}
		}
	}()
	return out
}

// exitReason returns the line of output that explains why a Go program exited.
func exitReason(v *victim) string {
	for _, line := range v.child.Tail() {
		if strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "runtime:") || strings.HasPrefix(line, "panic:") {
			return line
		}
	}
	return fmt.Sprintf("code %d", v.child.ExitCode())
}

// fault records a problem, once.
func (w *row) fault(shot, what string) {
	text := what + ": " + shot
	for _, reported := range w.faults {
		if reported == text {
			return
		}
	}
	w.faults = append(w.faults, text)
}

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// profile writes a CPU profile of a shot if -attack.profiles is set.
func (w *row) profile(ctx context.Context, name string) (end func()) {
	if *profiles == "" {
		return func() {}
	}
	base := unsafeInFile.ReplaceAllString(w.name+"-"+name, "_")
	if len(base) > 120 {
		base = base[:120]
	}
	file := filepath.Join(*profiles, base+".pprof")
	f, err := os.Create(file)
	if err != nil {
		w.victim.s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = f.Close() }()
		_ = w.victim.get(context.WithoutCancel(ctx), "/debug/pprof/profile?seconds="+fmt.Sprint(*profileFor), f)
	}()
	time.Sleep(100 * time.Millisecond) // let the profile start
	return func() { <-ended }
}
