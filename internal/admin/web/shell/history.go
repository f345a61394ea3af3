package shell

// historyPageSize is the maximum number of versions on a page.
const historyPageSize = 50

const (
	// historyBytes bounds the contents of a page's versions, in bytes of JSON.
	historyBytes = 2 << 20
	// historyBatchSize is how many versions are read at once; each can be large.
	historyBatchSize = 6
)

// ReadHistoryPage reads the versions for one page of a history, the newest first. A page has
// at most 50, or fewer once their contents exceed 2 MiB. It calls read repeatedly: read
// returns up to limit versions that follow after, or for nil, those at the start of the page.
// size returns the size of a version's content in bytes. The error is that of read.
//
// If more is true, got has one additional element: the first version of the next page. It
// must not be shown; the version before it can be compared with it. If more is false, the
// history ends with got.
func ReadHistoryPage[T any](read func(after *T, limit int) ([]T, error), size func(T) int) (got []T, more bool, err error) {
	bytes := 0
	for after := (*T)(nil); ; after = &got[len(got)-1] {
		want := min(historyBatchSize, historyPageSize+1-len(got))
		part, err := read(after, want)
		if err != nil {
			return nil, false, err
		}
		for _, one := range part {
			bytes += size(one)
		}
		got = append(got, part...)
		switch {
		case len(part) < want:
			return got, false, nil
		case len(got) > historyPageSize || bytes > historyBytes:
			return got, true, nil
		}
	}
}
