package modes

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/prove"
)

// fileSeeds returns seed texts: odd ones, the files of testdata/files, and the inputs in
// testdata/fuzz that fuzzing found.
func fileSeeds(tb testing.TB) [][]byte {
	tb.Helper()
	var seeds [][]byte
	for _, s := range nastyTexts() {
		seeds = append(seeds, []byte("customModes:\n  - slug: a\n    name: "+s), []byte(s))
	}
	paths, _ := filepath.Glob(filepath.Join("testdata", "files", "*"))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(tb, err)
		seeds = append(seeds, data)
	}
	return seeds
}

// requireRoundTrip checks the invariant for any upload. Either it is refused with a reason, or
// its modes can be written and read again.
func requireRoundTrip(tb testing.TB, data []byte) {
	tb.Helper()
	file, err := ReadFile(tb.Context(), data)
	if err != nil {
		_, ok := fault.As(err)
		require.True(tb, ok, "%v", err)
		require.False(tb, fault.Is(err, fault.Internal), "%v", err)
		return
	}
	ms := file.Modes()
	for _, m := range ms {
		require.NoError(tb, m.Validate())
		require.True(tb, m.Equal(m.Normalized()))
	}
	sameModes(tb, ms, WriteYAML(ms, ""))
	sameModes(tb, ms, WriteJSON(ms))
}

// FuzzReadFile checks that nothing panics, and that the modes of a file can be written and read
// again. Run it with -fuzzminimizetime=1x: some seeds are long, and minimizing inputs derived
// from them takes too long.
func FuzzReadFile(f *testing.F) {
	for _, seed := range fileSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { requireRoundTrip(t, data) })
}

// TestReadFileSurvivesRandomMutations does a little fuzzing in every test run, which without
// -fuzz only runs the stored inputs. It breaks known files at random. ORGMODES_SEED repeats a
// run.
func TestReadFileSurvivesRandomMutations(t *testing.T) {
	files := 300
	if prove.Enabled() {
		files = 20_000
	}
	seed := rand.Uint64()
	if s := os.Getenv("ORGMODES_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	seeds := fileSeeds(t)
	var data []byte
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("ORGMODES_SEED=%d, with %s", seed, humanize.Truncate(strconv.Quote(string(data)), 4000))
		}
	})
	for range files {
		data = slices.Clone(seeds[random.IntN(len(seeds))])
		for range 1 + random.IntN(5) {
			data = mutate(random, data, seeds)
		}
		requireRoundTrip(t, data)
	}
}

// syntaxTokens are tokens with a meaning in YAML or JSON.
var syntaxTokens = strings.Fields(`: - &a *a <<: { } [ ] " ' , # // /* */ \ \u0000 \ud83d !!set --- ? ~ .inf 0x1F > | >- |2 {{x}} slug: groups: [read]`)

// mutate breaks a text in one place.
func mutate(random *rand.Rand, data []byte, seeds [][]byte) []byte {
	at := random.IntN(len(data) + 1)
	end := min(len(data), at+random.IntN(20))
	part := []byte(syntaxTokens[random.IntN(len(syntaxTokens))] + []string{"", " ", "\n", "\n  "}[random.IntN(4)])
	switch random.IntN(6) {
	case 0:
		return slices.Delete(data, at, end)
	case 1:
		return slices.Insert(data, at, slices.Clone(data[at:end])...)
	case 2:
		return slices.Insert(data, at, part...)
	case 3:
		return slices.Replace(data, at, end, part...)
	case 4: // append the end of another seed
		other := seeds[random.IntN(len(seeds))]
		return append(data[:at:at], other[random.IntN(len(other)+1):]...)
	default:
		if at < len(data) {
			data[at] = byte(random.UintN(256))
		}
		return data
	}
}
