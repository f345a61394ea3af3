package attack

import (
	"flag"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/prove"
)

var (
	long       = flag.Bool("attack.long", false, "run the long form, as make attack does")
	all        = flag.Bool("attack.all", false, "fire all shots of a row, however many are over budget")
	only       = flag.String("attack.only", "", "run only rows whose names match this regular expression")
	profiles   = flag.String("attack.profiles", "", "a directory for CPU profiles of all shots; use it with -attack.only")
	profileFor = flag.Int("attack.profile-seconds", 2, "how long a profile is, in seconds")
)

func TestMain(m *testing.M) {
	storetest.Main(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// TestAttacks runs all attacks one after the other, so that the cost of one is not measured
// with another.
func TestAttacks(t *testing.T) {
	if !*long {
		prove.Long(t)
	}
	s := newSite(t, storetest.Postgres(t))
	s.startAll()
	a := &attacks{site: s, only: regexp.MustCompile(*only)}
	defer func() { report(a.rows) }()
	a.slowClients() // held until the end
	a.bombs()
	a.answers()
	a.archives()
	a.uploads()
	a.oversizedRequests()
	a.junk()
	a.floods()
	a.storm()
	a.frozenPostgres()
	a.checkSlowClients()
}

// attacks collects the rows of the report.
type attacks struct {
	*site
	only  *regexp.Regexp
	rows  []*row
	held  []*heldAttack
	round int
}

// run runs one attack against a victim as a subtest. The row is over budget if the subtest
// fails.
func (a *attacks) run(name string, v *victim, b budget, attack func(w *row)) {
	if !a.only.MatchString(name) {
		return
	}
	w := &row{name: name, victim: v, budget: b, status: map[int]int{}}
	a.rows = append(a.rows, w)
	a.resume(name, w, func() {
		if v != nil {
			v.settle()
		}
		attack(w)
		if v != nil {
			w.checkBystander()
		}
	})
}

// resume runs part of an attack as a subtest.
func (a *attacks) resume(name string, w *row, part func()) {
	outer, faults := a.t, len(w.faults)
	outer.Run(name, func(t *testing.T) {
		a.t = t
		defer func() { a.t = outer }()
		part()
		t.Log(strings.ReplaceAll(w.String(), "\t", "  "))
		if len(w.faults) > faults {
			t.Error(w.faults[faults]) // the others are below the table
		}
	})
}

// checkBystander checks that the victim and the reader still serve the bystander.
func (w *row) checkBystander() {
	v := w.victim
	for _, other := range []*victim{v, v.s.reader} {
		if other == nil {
			continue
		}
		if !other.alive() {
			w.fault("after the attack", other.name+" exited: "+exitReason(other))
			other.restart()
		}
		if fault := v.s.bystander.check(other); fault != "" {
			w.fault("after the attack", fault)
		}
	}
}

// requests sends the requests one after the other.
func (w *row) requests(list ...request) {
	for _, r := range list {
		w.fire(r)
	}
}
