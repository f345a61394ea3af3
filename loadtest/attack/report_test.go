package attack

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report prints the table, and below it the faults of the rows over budget.
func report(rows []*row) {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nattack\tshots\tCPU\tof\tmemory\tof\ttime\tanswers\tlargest\t")
	for _, w := range rows {
		fmt.Fprintln(out, w)
	}
	_ = out.Flush()
	fmt.Println("\nCPU, memory and time are those of the most expensive shot; answer 0 is a connection closed on a client that still sent.")
	if !*long {
		fmt.Printf("This is the short form: CPU and memory count as over budget from %.1f times the budget on.\n", slack)
	}
	for _, w := range rows {
		if w.share > 0.5 && len(w.faults) == 0 {
			fmt.Printf("\n%s: %.0f%% of its budget\n  %s\n", w.name, 100*w.share, w.worst)
		}
		if w.note != "" {
			fmt.Printf("\n%s\n  %s\n", w.name, w.note)
		}
		if len(w.faults) == 0 {
			continue
		}
		fmt.Printf("\nOVER: %s\n", w.name)
		for i, fault := range w.faults {
			if i == 8 {
				fmt.Printf("  and %d more\n", len(w.faults)-i)
				break
			}
			fmt.Println("  " + fault)
		}
		if w.skipped > 0 {
			fmt.Printf("  %d more shots were not tried (-attack.all tries them)\n", w.skipped)
		}
	}
}

// String formats the row with tabs between its columns.
func (w *row) String() string {
	return fmt.Sprintf("%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", w.name, w.shots, seconds(w.cpu), bound(w.budget.cpu > 0, seconds(w.budget.cpu)),
		mebibytes(w.memory), bound(w.budget.memory > 0, mebibytes(w.budget.memory)), seconds(w.wall), w.answers(), mebibytes(w.size), w.verdict())
}

func bound(bounded bool, text string) string {
	if bounded {
		return text
	}
	return "-"
}

func (w *row) verdict() string {
	if len(w.faults) > 0 {
		return "OVER"
	}
	return "within"
}

// answers lists the statuses, most frequent first.
func (w *row) answers() string {
	list := slices.Collect(maps.Keys(w.status))
	slices.SortFunc(list, func(a, b int) int { return w.status[b]*1000 + b - w.status[a]*1000 - a })
	var out []string
	for i, status := range list {
		if i == 4 {
			out = append(out, "…")
			break
		}
		out = append(out, fmt.Sprint(status))
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, " ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func mebibytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
