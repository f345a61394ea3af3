package shell

// historyPageSize is the maximum number of versions on a page.
const historyPageSize = 50

const (
	// historyBytes bounds the contents of a page's versions, in bytes of JSON.
	historyBytes = 2 << 20
	// historyBatchSize is how many versions are read at once; each can be large.
	historyBatchSize = 6
)

// ReadHistoryPage reads versions until there are 51, one more than fits on a page, or until
// their contents exceed 2 MiB. In either case more is true, and the last element of got is
// the first of the next page: don't show it, except as the predecessor of the one before.
// read returns up to limit versions after the given one, or the newest versions for nil.
// size returns the size of a version's content in bytes.
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
