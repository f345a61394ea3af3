package pubstore

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

// logCap is the approximate number of entries that the log keeps: minutes of the
// busiest traffic. A reader further behind than that resyncs.
const logCap = "16384"

// Status is the result of a write.
type Status string

const (
	// Published means that the object was written and logged.
	Published Status = "published"
	// Unchanged means that exactly this was already there.
	Unchanged Status = "retried"
	// Older means that something newer is there; nothing was written.
	Older Status = "older"
	// Fenced means that this Redis is not the one that was filled. Nothing is written
	// until it is reconciled.
	Fenced Status = "fenced"
	// Changed means that data the document was to keep (Stored.Keep) is not there.
	// Nothing was written, and the document must be sent whole.
	Changed Status = "changed"
)

// ErrConflict should raise an alarm. The same version is published with different
// content, so two workers disagree about what a version contains.
var ErrConflict = errors.New("pubstore: this version is already published with other content")

// Outcome is the result of a script.
type Outcome struct {
	Status Status
	// Incarnation is the one under which the server was filled.
	Incarnation int64
	// Before is the version that was there before, "" for none.
	Before string
	// N is the number of the log entry that was written, 0 for none.
	N int64
}

// Reconciliation is the right to write to a Redis that is being filled. The
// zero value is for ordinary writes.
type Reconciliation struct{ nonce string }

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

// PublishDocument writes a document, its version in the index, and a log entry. It is
// atomic, and writes nothing unless the document is newer than the stored one. The
// timeout of the answer grows with the size of the document.
func (s *Store) PublishDocument(ctx context.Context, d *Document, rec Reconciliation) (Outcome, error) {
	fields, kept, err := d.fields()
	if err != nil {
		return Outcome{}, err
	}
	args := slices.Concat([]any{
		rec.nonce, logCap, d.Organization, d.Version.String(), strconv.FormatInt(d.CommittedAt.UnixMicro(), 10), d.fingerprint(),
	}, d.Basis.scriptArgs(), []any{len(kept) / 2}, kept)
	keys := append(s.scriptKeys(), s.docKey(d.Organization), s.key("revs"))
	return runScriptOn(ctx, s.clientFor(d.Size()), publishDocument, keys, append(args, fields...))
}

// fingerprint identifies the document's identity bytes. It leaves out the encoded bytes:
// they may differ between compressor versions, and the ones written first stay.
func (d *Document) fingerprint() string {
	var b strings.Builder
	if d.Deleted {
		b.WriteString("deleted")
	}
	for _, r := range d.Representations {
		fmt.Fprintf(&b, "%s %d.%d.%s\n", r.Name, r.Tag.Epoch, r.Tag.Revision, hex.EncodeToString(r.Sum[:]))
	}
	return b.String()
}

// PublishToken writes a token's record and a log entry, unless the stored record is at
// least as new.
func (s *Store) PublishToken(ctx context.Context, t *Token, rec Reconciliation) (Outcome, error) {
	args := append([]any{
		rec.nonce, logCap, hashHex(t.Hash), fmt.Sprintf("%d.%d", t.Epoch, t.Version), formatMicros(t.ChangedAt),
	}, t.fields()...)
	return s.runScript(ctx, publishToken, append(s.scriptKeys(), s.tokenKey(t.Hash)), args)
}

// formatMicros returns t in microseconds since 1970, or "0" for the zero time.
func formatMicros(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

func (s *Store) scriptKeys() []string { return []string{s.key("meta"), s.key("rec"), s.key("log")} }

func (s *Store) runScript(ctx context.Context, sc *redis.Script, keys []string, args []any) (Outcome, error) {
	return runScriptOn(ctx, s.rdb, sc, keys, args)
}

func runScriptOn(ctx context.Context, rdb redis.Scripter, sc *redis.Script, keys []string, args []any) (Outcome, error) {
	res, err := sc.Run(ctx, rdb, keys, args...).StringSlice()
	if err != nil {
		return Outcome{}, fmt.Errorf("pubstore: %w", err)
	}
	if len(res) != 4 {
		return Outcome{}, fmt.Errorf("pubstore: a script answered with %d values", len(res))
	}
	if res[0] == "conflict" {
		return Outcome{}, fmt.Errorf("%w: %s", ErrConflict, res[2])
	}
	out := Outcome{Status: Status(res[0]), Before: res[2]}
	if out.Incarnation, err = strconv.ParseInt(res[1], 10, 64); err != nil {
		return Outcome{}, fmt.Errorf("pubstore: incarnation: %w", err)
	}
	if out.N, err = strconv.ParseInt(res[3], 10, 64); err != nil {
		return Outcome{}, fmt.Errorf("pubstore: log counter: %w", err)
	}
	return out, nil
}
