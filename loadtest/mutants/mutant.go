package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is the product with one mechanism taken out.
type mutant struct {
	// name is a word or three, for -only and for docs/promises.md.
	name string
	// mechanism is what is taken out, in plain words.
	mechanism string
	// promises are the numbers of those that it helps to keep; see
	// docs/promises.md.
	promises string
	// file holds old exactly once; the mutant has new there. It may be a folder,
	// ending in a slash: then one of the Go files in it does, tests left aside.
	file, old, new string
	proof          proof
}

// proof is a test that passes on the tree and fails for the mutant.
type proof struct {
	// pkg is the package's path below internal/.
	pkg string
	// run is the regular expression for -test.run.
	run string
	// schedules is how many schedules a simulation is given to find something;
	// 0 for tests that aren't one.
	schedules int
}

func (p proof) String() string {
	if p.schedules > 0 {
		return fmt.Sprintf("%s %s, up to %d schedules", p.pkg, p.run, p.schedules)
	}
	return p.pkg + " " + p.run
}

func test(pkg, run string) proof { return proof{pkg: pkg, run: "^(" + run + ")$"} }

func simulated(schedules int) proof {
	return proof{pkg: "simulation", run: "^(TestSchedules)$", schedules: schedules}
}

// apply returns the path below the tree of the file that is mutated, and its new
// content. It fails where the table has fallen behind the code.
func (m *mutant) apply(tree string) (file string, mutated []byte, err error) {
	files := []string{m.file}
	if strings.HasSuffix(m.file, "/") {
		all, err := filepath.Glob(filepath.Join(tree, m.file, "*.go"))
		if err != nil {
			return "", nil, err
		}
		files = nil
		for _, f := range all {
			if !strings.HasSuffix(f, "_test.go") {
				files = append(files, m.file+filepath.Base(f))
			}
		}
	}
	found := 0
	for _, f := range files {
		src, err := os.ReadFile(filepath.Join(tree, f))
		if err != nil {
			return "", nil, fmt.Errorf("mutant %s is stale: %w", m.name, err)
		}
		if n := strings.Count(string(src), m.old); n > 0 {
			found += n
			file, mutated = f, []byte(strings.Replace(string(src), m.old, m.new, 1))
		}
	}
	if found != 1 {
		return "", nil, fmt.Errorf("mutant %s is stale: its text stands %d times in %s, not once: %q", m.name, found, m.file, m.old)
	}
	return file, mutated, nil
}

// mutants are all of them, in the order of the documents.
func mutants() []mutant {
	var all []mutant
	for _, some := range [][]mutant{redisMutants, ledgerMutants, workerMutants, publicationMutants, followerMutants, answerMutants} {
		all = append(all, some...)
	}
	return all
}
