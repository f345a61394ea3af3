package files_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/largefile"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// BenchmarkImport measures the import of a large file into an empty library, as
// the API and the command line do it: read, judge, and one transaction with a
// version and an audit row per mode.
func BenchmarkImport(b *testing.B) {
	data, from := largefile.Read(b)
	db, err := postgres.Open(b.Context(), storetest.AppURL(b, storetest.Postgres(b)))
	require.NoError(b, err)
	b.Cleanup(db.Close)
	by := audit.By{Actor: audit.Actor{Kind: audit.Operator, ID: "bench", Name: "Bench"}, RequestID: "r", Source: "test"}

	b.Run(from, func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			slug := fmt.Sprintf("acme-%d", i)
			org, err := db.CreateOrganization(b.Context(), by, slug, slug)
			require.NoError(b, err)
			b.StartTimer()
			plan, err := files.Run(b.Context(), db, by, org.ID, files.Import{Files: []modes.NamedFile{{Data: data}}})
			require.NoError(b, err)
			require.Equal(b, files.Summary{Create: largefile.Modes}, plan.Summary)
		}
	})
}
