package pubstore

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Version orders the publications of one organization.
type Version struct {
	// Epoch is raised by an operator after a restore of Postgres.
	Epoch int64
	// Revision is the organization's gap-free change counter.
	Revision int64
	// Edition is raised when the renderer or the built-in modes change.
	Edition int64
}

// Compare returns -1, 0 or +1 if v is older than, equal to or newer than o.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Epoch, o.Epoch), cmp.Compare(v.Revision, o.Revision), cmp.Compare(v.Edition, o.Edition))
}

// String returns "epoch.revision.edition".
func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.Epoch, v.Revision, v.Edition)
}

// ParseVersion parses the output of String.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return Version{}, fmt.Errorf("pubstore: %q is not epoch.revision.edition", s)
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 64)
		if err != nil || v < 0 {
			return Version{}, fmt.Errorf("pubstore: %q is not epoch.revision.edition", s)
		}
		n[i] = v
	}
	return Version{n[0], n[1], n[2]}, nil
}

// Tag is a representation's version on the wire, before its coding: the epoch
// and the revision at which its bytes last changed, and the first 8 bytes of
// the SHA-256 of its identity bytes. As an entity-tag (RFC 9110, section 8.8.3)
// it is strong: "<epoch>.<revision>.<hash16>", with "-gz", "-br" or "-zst"
// before the closing quote for a coding.
type Tag struct {
	Epoch    int64
	Revision int64
	Hash     [8]byte
}

// String returns the opaque part, without quotes and coding.
func (t Tag) String() string {
	return strconv.FormatInt(t.Epoch, 10) + "." + strconv.FormatInt(t.Revision, 10) + "." + hex.EncodeToString(t.Hash[:])
}

// ETag returns the entity-tag of the representation in a coding.
func (t Tag) ETag(c Coding) string { return `"` + t.String() + c.suffix() + `"` }

// Coding is a content coding (RFC 9110, section 8.4.1).
type Coding string

// The published codings. Identity is never stored, gzip always is.
const (
	Identity Coding = ""
	Gzip     Coding = "gzip"
	Brotli   Coding = "br"
	Zstd     Coding = "zstd"
)

// Codings returns the stored codings, best first.
func Codings() []Coding { return []Coding{Brotli, Zstd, Gzip} }

func (c Coding) suffix() string {
	switch c {
	case Gzip:
		return "-gz"
	case Brotli:
		return "-br"
	case Zstd:
		return "-zst"
	default:
		return ""
	}
}
