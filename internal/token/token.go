// Package token defines the format of the tokens that editors present. It mints them, and
// it recognizes forged ones without a lookup.
//
// A token is "omt_<kid>_<id><mac>": kid names the key (1-4 of [a-z0-9]), id is
// 16 random bytes, and mac the first 16 bytes of HMAC-SHA256(key, everything
// before it); id and mac are base62, 22 characters each, zero-padded. The mac
// is a flood filter, not the authority. A token's record alone decides what it
// grants, so a leaked key grants nothing.
package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
)

const (
	prefix      = "omt_"
	partLen     = 22 // base62 characters for 16 bytes
	macBytes    = 16
	minKeyBytes = 32
	// MaxLen is the length of the longest token, in bytes.
	MaxLen = len(prefix) + 4 + 1 + 2*partLen
	// startLen is how many characters of the id a listing shows: enough to tell
	// tokens apart, far too few to guess the rest.
	startLen = 6
)

// Verdict is the result of checking a token without looking up its record.
type Verdict uint8

const (
	// Malformed means that the string is not in the format of our tokens.
	Malformed Verdict = iota
	// Forged means that the token names one of our keys but was not made with it.
	Forged
	// UnknownKey means that the token is well-formed but names a key that isn't
	// configured here: the record decides, within a rate limit.
	UnknownKey
	// Plausible means that the token was made with one of our keys: the record decides.
	Plausible
)

// Hash is the SHA-256 of a whole token. Records are keyed by it, and only it is stored.
type Hash [sha256.Size]byte

// HashOf returns the hash of a presented token. It does not allocate.
func HashOf(presented []byte) Hash { return sha256.Sum256(presented) }

// Keys holds the keys that tokens are made with; the first one signs.
type Keys struct {
	signing string
	keys    map[string]*sync.Pool // of *signer
}

// signer computes MACs with one key. It holds the buffer for the sum, so that
// nothing is allocated per token.
type signer struct {
	hmac hash.Hash
	sum  [sha256.Size]byte
}

// ParseKeys reads "kid:base64key,kid:base64key"; the first one signs. A kid is
// 1-4 of [a-z0-9], a key at least 32 bytes.
func ParseKeys(s string) (*Keys, error) {
	k := &Keys{keys: map[string]*sync.Pool{}}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		kid, enc, ok := strings.Cut(part, ":")
		if !ok || !validKid(kid) {
			return nil, fmt.Errorf("token keys: want kid:base64key[,kid:base64key...] with a kid of 1-4 of [a-z0-9], got a part that starts with %q", firstRunes(part, 4))
		}
		key, err := decodeKey(enc)
		if err != nil {
			return nil, fmt.Errorf("token keys: key %q is not base64 of at least %d bytes", kid, minKeyBytes)
		}
		if _, dup := k.keys[kid]; dup {
			return nil, fmt.Errorf("token keys: kid %q stands twice", kid)
		}
		k.keys[kid] = &sync.Pool{New: func() any { return &signer{hmac: hmac.New(sha256.New, key)} }}
		if k.signing == "" {
			k.signing = kid
		}
	}
	if k.signing == "" {
		return nil, errors.New("token keys: none given; want kid:base64key, for example k1:$(openssl rand -base64 32)")
	}
	return k, nil
}

// base64Standard maps base64's URL alphabet to the standard one.
var base64Standard = strings.NewReplacer("-", "+", "_", "/")

func decodeKey(s string) ([]byte, error) {
	s = strings.TrimRight(base64Standard.Replace(s), "=")
	key, err := base64.RawStdEncoding.DecodeString(s)
	if err == nil && len(key) < minKeyBytes {
		err = errors.New("too short")
	}
	return key, err
}

func firstRunes(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}

// Mint returns a new token made with the signing key.
func (k *Keys) Mint() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails: it crashes the program instead
	b := make([]byte, 0, MaxLen)
	b = append(b, prefix...)
	b = append(b, k.signing...)
	b = append(b, '_')
	b = appendBase62(b, &id)
	var mac [16]byte
	k.mac(k.keys[k.signing], b, &mac)
	return string(appendBase62(b, &mac))
}

// Check returns what can be determined about a presented token without its record.
// It does not allocate.
func (k *Keys) Check(presented []byte) Verdict {
	kid, ok := split(presented)
	if !ok {
		return Malformed
	}
	pool, ok := k.keys[string(kid)] // this conversion does not allocate
	if !ok {
		return UnknownKey
	}
	var mac [16]byte
	signed := len(presented) - partLen
	k.mac(pool, presented[:signed], &mac)
	var want [partLen]byte
	appendBase62(want[:0], &mac)
	if subtle.ConstantTimeCompare(want[:], presented[signed:]) != 1 {
		return Forged
	}
	return Plausible
}

func (k *Keys) mac(pool *sync.Pool, signed []byte, out *[16]byte) {
	s, _ := pool.Get().(*signer)
	s.hmac.Reset()
	_, _ = s.hmac.Write(signed)
	s.hmac.Sum(s.sum[:0])
	copy(out[:], s.sum[:macBytes])
	pool.Put(s)
}

// Start returns the part of a token that listings show: its beginning, up to the
// first startLen characters of the id. It returns "" if tok is malformed.
func Start(tok string) string {
	kid, ok := split([]byte(tok))
	if !ok {
		return ""
	}
	return tok[:len(prefix)+len(kid)+1+startLen]
}

// split checks the format of a token and returns its kid.
func split(t []byte) (kid []byte, ok bool) {
	if len(t) < len(prefix)+1+1+2*partLen || len(t) > MaxLen || string(t[:len(prefix)]) != prefix {
		return nil, false
	}
	kidEnd := len(t) - 2*partLen - 1
	if t[kidEnd] != '_' {
		return nil, false
	}
	kid = t[len(prefix):kidEnd]
	for _, c := range kid {
		if !kidByte(c) {
			return nil, false
		}
	}
	for _, c := range t[kidEnd+1:] {
		if !base62Byte(c) {
			return nil, false
		}
	}
	return kid, true
}

func validKid(s string) bool {
	if len(s) < 1 || len(s) > 4 {
		return false
	}
	for i := range len(s) {
		if !kidByte(s[i]) {
			return false
		}
	}
	return true
}

func kidByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func base62Byte(c byte) bool { return kidByte(c) || c >= 'A' && c <= 'Z' }

// Sign returns a 16-byte MAC of a message with the signing key, and the key's kid.
// It is for messages other than tokens. The purpose ensures that a MAC for one purpose
// is valid neither for another nor as part of a token.
func (k *Keys) Sign(purpose, message string) (kid string, mac [16]byte) {
	k.mac(k.keys[k.signing], purposeMessage(purpose, message), &mac)
	return k.signing, mac
}

// VerifySignature reports whether mac is the MAC that Sign returns, with any of the keys
// configured here.
func (k *Keys) VerifySignature(kid, purpose, message string, mac []byte) bool {
	pool, ok := k.keys[kid]
	if !ok {
		return false
	}
	var want [16]byte
	k.mac(pool, purposeMessage(purpose, message), &want)
	return subtle.ConstantTimeCompare(want[:], mac) == 1
}

// purposeMessage returns the bytes to sign. They start with a prefix that no token has.
func purposeMessage(purpose, message string) []byte {
	return []byte("orgmodes/" + purpose + "\x00" + message)
}
