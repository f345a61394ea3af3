package worker_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/benchdata"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
	"orgmodes/internal/templates"
)

// sizes are the numbers of modes of the measured organizations.
var sizes = []int{10, benchdata.Modes}

// someModes returns the first n modes of a large file.
func someModes(b *testing.B, n int) []modes.Mode {
	b.Helper()
	data, _ := benchdata.Read(b)
	file, err := modes.ReadFile(b.Context(), data)
	require.NoError(b, err)
	require.Len(b, file.Modes(), benchdata.Modes)
	return file.Modes()[:n]
}

// BenchmarkPublish measures a publication as an admin waits for it: from the commit of a
// change, and with it of the job, to the log entry that readers follow. The change itself is
// not measured.
func BenchmarkPublish(b *testing.B) {
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := newWorld(b)
			own := someModes(b, n)
			storetest.PutModes(b, w.db, ada, w.org.ID, own...)
			w.startWorker()
			w.waitPublished()

			edits := 0
			edit := func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
				edits++
				m.Config.WhenToUse = fmt.Sprint("edit ", edits)
				return m, nil
			}
			for b.Loop() {
				b.StopTimer()
				after, _, err := w.store.LogTail(b.Context())
				require.NoError(b, err)
				_, err = w.db.Modes.Update(b.Context(), ada, w.org.ID, own[n/2].Slug, 0, edit)
				require.NoError(b, err)
				b.StartTimer()
				w.awaitEntry(after)
			}
		})
	}
}

// BenchmarkPublishTemplate is BenchmarkPublish for a permission template, whose cost does
// not depend on the number of modes.
func BenchmarkPublishTemplate(b *testing.B) {
	for _, n := range []int{10, modes.MaxModes} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := newWorld(b)
			rng := rand.New(rand.NewPCG(1, 2))
			want := make([]modes.Mode, n)
			for i := range want {
				want[i] = mode(fmt.Sprint("m", i))
				want[i].Config.CustomInstructions = incompressible(rng, 10_000)
			}
			storetest.PutModes(b, w.db, ada, w.org.ID, want...)
			w.startWorker()
			w.waitPublished()
			edits := 0
			for b.Loop() {
				b.StopTimer()
				after, _, err := w.store.LogTail(b.Context())
				require.NoError(b, err)
				edits++
				_, err = w.db.Templates.Update(b.Context(), ada, w.org.ID, "Safe Sandbox", 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
					o.Description = new(fmt.Sprint("edit ", edits))
					return o, nil
				})
				require.NoError(b, err)
				b.StartTimer()
				w.awaitEntry(after)
			}
		})
	}
}

// awaitEntry waits, as a reader does, until the log has an entry of the organization.
func (w *world) awaitEntry(after int64) {
	w.t.Helper()
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); {
		entries, err := w.store.ReadLog(w.t.Context(), after, time.Second)
		require.NoError(w.t, err)
		for _, e := range entries {
			after = e.N
			if e.Kind == pubstore.EntryDocument {
				return
			}
		}
	}
	require.Fail(w.t, "it was not published", "waited %s", testTimeout)
}

// BenchmarkRenderAndEncode measures the part of a publication that takes processor time:
// every representation, in every coding. The last library is as large as is allowed, and
// compresses badly.
func BenchmarkRenderAndEncode(b *testing.B) {
	sources := map[string][]modes.Mode{"storm": {}}
	for _, n := range sizes {
		sources[strconv.Itoa(n)] = someModes(b, n)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range modes.MaxModes {
		m := mode(fmt.Sprint("m", i))
		m.Config.CustomInstructions = incompressible(rng, 15_000)
		sources["storm"] = append(sources["storm"], m)
	}
	for name, own := range sources {
		b.Run(name, func(b *testing.B) {
			src := render.Source{Organization: organization.Organization{Slug: "acme", Name: "Acme"}, Builtins: modes.Builtins()}
			for i, m := range own {
				src.Modes = append(src.Modes, modes.OrganizationMode{Mode: m, Position: i + 1})
			}
			b.ReportAllocs()
			for b.Loop() {
				total := 0
				for _, c := range render.Collections(nil) {
					err := c.Each(src, func(r render.Representation) error {
						total += len(r.Body)
						_, err := pubstore.Encode(r.Body)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(total))
			}
		})
	}
}

// testLogger returns a worker's logger, which logs to the test. It discards the log of a
// benchmark, which would go between the results.
func testLogger(t testing.TB) *slog.Logger {
	if _, ok := t.(*testing.B); ok {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
