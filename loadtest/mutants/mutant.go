package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is the product with one mechanism removed.
type mutant struct {
	// name is one to three words, for -only and for docs/promises.md.
	name string
	// mechanism describes the removed mechanism in plain words.
	mechanism string
	// promises lists the numbers of the promises that the mechanism helps to keep; see
	// docs/promises.md.
	promises string
	// file contains old exactly once; the mutant has new in its place. If file ends in a
	// slash, it is a directory, and exactly one of its Go files other than tests contains
	// old.
	file, old, new string
	proof          proof
}

// proof is a test that passes on the tree and fails on the mutant.
type proof struct {
	// pkg is the package's path below internal/.
	pkg string
	// run is the regular expression for -test.run.
	run string
	// schedules is the maximum number of schedules of a simulation; 0 for tests that are
	// not simulations.
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

// apply returns the path of the mutated file, relative to the tree, and its new content. It
// fails if the table no longer matches the code.
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

// mutants returns all mutants, in the order of the documents.
func mutants() []mutant {
	var all []mutant
	for _, some := range [][]mutant{redisMutants, postgresMutants, workerMutants, publicationMutants, followerMutants, responseMutants} {
		all = append(all, some...)
	}
	return all
}
