package snapshot

import (
	"context"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// logCap is about how many entries the log keeps: minutes of the busiest
// traffic. A reader further behind than that resyncs.
const logCap = "16384"

// Status is what became of a write.
type Status string

const (
	// Published: it is there now, and logged.
	Published Status = "published"
	// Retried: exactly this was there already.
	Retried Status = "retried"
	// Older: something newer is there; nothing was written.
	Older Status = "older"
	// Fenced: this Redis is not the one that was filled; nothing was written
	// until it is reconciled.
	Fenced Status = "fenced"
	// Changed: what a document was to keep (Stored.Keep) is not there; nothing was
	// written, and the document has to be sent whole.
	Changed Status = "changed"
)

// ErrConflict is an alarm: the same version is published with other content,
// so two workers disagree about what a version is.
var ErrConflict = errors.New("snapshot: this version is already published with other content")

// Outcome is what a script answered.
type Outcome struct {
	Status Status
	// Incarnation is the one that the server was filled under.
	Incarnation int64
	// Before is the version that was found there, "" for none.
	Before string
	// N is the log entry that was written, 0 for none.
	N int64
}

// Reconciliation is the right to write to a Redis that is being filled; the
// zero value is an ordinary write.
type Reconciliation struct{ begun string }

//go:embed scripts/*.lua
var scriptFiles embed.FS

func script(name string) *redis.Script {
	src := ""
	for _, f := range []string{"prelude", name} {
		b, err := scriptFiles.ReadFile("scripts/" + f + ".lua")
		if err != nil {
			panic(err) // embedded: can't be missing
		}
		src += string(b) + "\n"
	}
	return redis.NewScript(src)
}

var (
	publishDocument = script("publish_document")
	publishToken    = script("publish_token")
)

// PublishDocument writes a document, its place in the index and a log entry,
// all or nothing, unless what is there is as new. Its answer may take as long as
// the size of the document makes it.
func (s *Store) PublishDocument(ctx context.Context, d *Document, rec Reconciliation) (Outcome, error) {
	fields, kept, err := d.fields()
	if err != nil {
		return Outcome{}, err
	}
	args := slices.Concat([]any{
		rec.begun, logCap, d.Organization, d.Version.String(), strconv.FormatInt(d.CommittedAt.UnixMicro(), 10), d.tags(),
	}, d.Basis.seen(), []any{len(kept) / 2}, kept)
	keys := append(s.scriptKeys(), s.docKey(d.Organization), s.key("revs"))
	return runOn(ctx, s.patient(d.Size()), publishDocument, keys, append(args, fields...))
}

// tags says what a document's identity bytes are. It leaves out the coded
// bytes: two compressor versions may differ there, and the first one stays.
func (d *Document) tags() string {
	var b strings.Builder
	if d.Deleted {
		b.WriteString("deleted")
	}
	for _, r := range d.Representations {
		fmt.Fprintf(&b, "%s %d.%d.%s\n", r.Name, r.Tag.Epoch, r.Tag.Revision, hex.EncodeToString(r.Sum[:]))
	}
	return b.String()
}

// PublishToken writes a token's record and a log entry, unless what is there
// is as new.
func (s *Store) PublishToken(ctx context.Context, t *Token, rec Reconciliation) (Outcome, error) {
	args := append([]any{
		rec.begun, logCap, hashHex(t.Hash), fmt.Sprintf("%d.%d", t.Epoch, t.Version), microseconds(t.ChangedAt),
	}, t.fields()...)
	return s.run(ctx, publishToken, append(s.scriptKeys(), s.tokenKey(t.Hash)), args)
}

// microseconds since 1970, 0 for the zero time.
func microseconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

func (s *Store) scriptKeys() []string { return []string{s.key("meta"), s.key("rec"), s.key("log")} }

func (s *Store) run(ctx context.Context, sc *redis.Script, keys []string, args []any) (Outcome, error) {
	return runOn(ctx, s.rdb, sc, keys, args)
}

func runOn(ctx context.Context, rdb redis.Scripter, sc *redis.Script, keys []string, args []any) (Outcome, error) {
	res, err := sc.Run(ctx, rdb, keys, args...).StringSlice()
	if err != nil {
		return Outcome{}, fmt.Errorf("snapshot: %w", err)
	}
	if len(res) != 4 {
		return Outcome{}, fmt.Errorf("snapshot: a script answered with %d values", len(res))
	}
	if res[0] == "conflict" {
		return Outcome{}, fmt.Errorf("%w: %s", ErrConflict, res[2])
	}
	out := Outcome{Status: Status(res[0]), Before: res[2]}
	if out.Incarnation, err = strconv.ParseInt(res[1], 10, 64); err != nil {
		return Outcome{}, fmt.Errorf("snapshot: incarnation: %w", err)
	}
	if out.N, err = strconv.ParseInt(res[3], 10, 64); err != nil {
		return Outcome{}, fmt.Errorf("snapshot: log counter: %w", err)
	}
	return out, nil
}
