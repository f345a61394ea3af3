package pubstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orgmodes/internal/token"
)

// Watermark states how fresh this Redis is: it holds every change that was committed before
// AsOf. The exclusions are the named subjects, for which it holds every change committed
// before the time given with each.
type Watermark struct {
	AsOf time.Time
	// Organizations and Tokens are the exclusions: the subjects with unpublished changes,
	// and since when.
	Organizations map[string]time.Time
	Tokens        map[token.Hash]time.Time
}

var watermarkScript = script("mark")

// PublishWatermark logs a watermark. incarnation is the one under which the exclusions were
// read.
func (s *Store) PublishWatermark(ctx context.Context, incarnation int64, m Watermark) (Outcome, error) {
	return s.runScript(ctx, watermarkScript, s.scriptKeys(), []any{
		logCap, strconv.FormatInt(incarnation, 10), strconv.FormatInt(m.AsOf.UnixMicro(), 10), m.exclusions(),
	})
}

// exclusions encodes Organizations and Tokens as "o<org>=<microseconds>" and
// "t<sha256>=<microseconds>", each followed by a space.
func (m Watermark) exclusions() string {
	var b strings.Builder
	for org, since := range m.Organizations {
		fmt.Fprintf(&b, "o%s=%d ", org, since.UnixMicro())
	}
	for hash, since := range m.Tokens {
		fmt.Fprintf(&b, "t%s=%d ", hashHex(hash), since.UnixMicro())
	}
	return b.String()
}

func parseWatermark(asOf, except string) (Watermark, error) {
	us, err := strconv.ParseInt(asOf, 10, 64)
	if err != nil {
		return Watermark{}, fmt.Errorf("as of: %w", err)
	}
	m := Watermark{AsOf: time.UnixMicro(us).UTC()}
	for f := range strings.FieldsSeq(except) {
		subject, at, ok := strings.Cut(f[1:], "=")
		us, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil {
			return Watermark{}, fmt.Errorf("exclusion %q", f)
		}
		since := time.UnixMicro(us).UTC()
		switch f[0] {
		case 'o':
			if m.Organizations == nil {
				m.Organizations = map[string]time.Time{}
			}
			m.Organizations[subject] = since
		case 't':
			raw, err := hex.DecodeString(subject)
			if err != nil || len(raw) != len(token.Hash{}) {
				return Watermark{}, fmt.Errorf("exclusion %q", f)
			}
			if m.Tokens == nil {
				m.Tokens = map[token.Hash]time.Time{}
			}
			m.Tokens[token.Hash(raw)] = since
		default:
			return Watermark{}, fmt.Errorf("exclusion %q", f)
		}
	}
	return m, nil
}
