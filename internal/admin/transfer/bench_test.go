package transfer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/devstack/benchdata"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
	"orgmodes/internal/upload"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// BenchmarkImport measures the import of a large file into an empty library, as the API
// and the command line do it. The file is read and checked, and imported in one
// transaction with a version and an audit row per mode.
func BenchmarkImport(b *testing.B) {
	data, from := benchdata.Read(b)
	db := openBench(b)
	b.Run(from, func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			slug := fmt.Sprintf("acme-%d", i)
			org, err := db.CreateOrganization(b.Context(), tester, slug, slug)
			require.NoError(b, err)
			b.StartTimer()
			plan, err := importModes(b.Context(), db, tester, org.ID, []upload.File{{Data: data}}, optionsFor(transfer.ModeChoices{}))
			require.NoError(b, err)
			require.Equal(b, transfer.Summary{Create: benchdata.Modes}, plan.Summary)
		}
		requireDuration(b, 2*time.Second)
	})
}

// BenchmarkDryRun measures planning the same import, with the advice about each mode.
func BenchmarkDryRun(b *testing.B) {
	data, from := benchdata.Read(b)
	db := openBench(b)
	org, err := db.CreateOrganization(b.Context(), tester, "acme", "Acme")
	require.NoError(b, err)
	b.Run(from, func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			plan, err := importModes(b.Context(), db, tester, org.ID, []upload.File{{Data: data}}, dryRunOptions(transfer.ModeChoices{}))
			require.NoError(b, err)
			require.Equal(b, transfer.Summary{Create: benchdata.Modes}, plan.Summary)
		}
		requireDuration(b, time.Second)
	})
}

func openBench(b testing.TB) *postgres.DB {
	b.Helper()
	db, err := postgres.Open(b.Context(), storetest.AppURL(b, storetest.Postgres(b)))
	require.NoError(b, err)
	b.Cleanup(db.Close)
	return db
}

// requireDuration fails a benchmark that takes longer than users are expected to wait.
func requireDuration(b *testing.B, limit time.Duration) {
	b.Helper()
	if each := b.Elapsed() / time.Duration(b.N); each > limit {
		b.Errorf("takes %v, and %v are allowed", each, limit)
	}
}
