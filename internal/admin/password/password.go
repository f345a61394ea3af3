// Package password hashes and compares passwords, and bounds how many are compared
// concurrently.
package password

import (
	"context"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"orgmodes/internal/fault"
)

const (
	// MinLength is in characters. There is no rule on which ones (NIST SP 800-63B, section
	// 3.1.1.2).
	MinLength = 12
	// maxBytes keeps a client from having the server hash megabytes.
	maxBytes = 1024
)

// params are the parameters that OWASP's cheat sheet on password storage gives for
// argon2id: 19 MiB, two passes, one lane. A hash takes some 30 ms.
var params = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hash returns the hash of a password to store, in the PHC string format. about are
// words that others know about its owner, such as the address and the name. The error
// is Invalid if the password is too short, too long or easy to guess.
func Hash(password string, about ...string) (string, error) {
	switch {
	case utf8.RuneCountInString(password) < MinLength:
		return "", fault.New(fault.Invalid, "weak_password", "A password has at least %d characters", MinLength).
			With(fault.Field{Pointer: "/password", Detail: fmt.Sprintf("at least %d characters", MinLength)})
	case len(password) > maxBytes:
		return "", fault.New(fault.Invalid, "invalid_password", "A password has at most %d bytes", maxBytes).
			With(fault.Field{Pointer: "/password", Detail: fmt.Sprintf("at most %d bytes", maxBytes)})
	case guessable(password, about):
		return "", fault.New(fault.Invalid, "weak_password",
			"This password is easy to guess: it consists of common words or patterns, or of the name or address. Use several unrelated words, or let a password manager generate one").
			With(fault.Field{Pointer: "/password", Detail: "is easy to guess"})
	}
	return argon2id.CreateHash(password, params)
}

// waitingPerSlot is how many callers can wait for each password being compared.
// Comparing that many takes some seconds.
const waitingPerSlot = 64

// Checker compares a few passwords at a time: each takes 19 MiB and a core.
type Checker struct {
	slots   chan struct{}
	waiting chan struct{}
	decoy   string
}

// decoyHash is compared in place of the hash of an unknown account. It is not secret,
// so one per process is enough.
var decoyHash = sync.OnceValues(func() (string, error) {
	return argon2id.CreateHash("decoy password", params)
})

// NewChecker returns a Checker that compares at most concurrency passwords at once.
func NewChecker(concurrency int) (*Checker, error) {
	// Hashed now, so that not even the first unknown address takes longer.
	decoy, err := decoyHash()
	if err != nil {
		return nil, err
	}
	concurrency = max(concurrency, 1)
	return &Checker{
		slots: make(chan struct{}, concurrency), waiting: make(chan struct{}, concurrency*waitingPerSlot), decoy: decoy,
	}, nil
}

// Verify reports whether hash is the hash of password. An empty hash is for an account
// that doesn't exist or can't sign in with a password. It takes the same time, so that
// no one learns which addresses have accounts. The error is Unavailable if too many
// callers are already waiting.
func (c *Checker) Verify(ctx context.Context, hash, password string) (bool, error) {
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return false, fault.New(fault.Unavailable, "busy", "Too many sign-ins at the same time; try again soon")
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if len(password) > maxBytes {
		password, hash = "", ""
	}
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, c.decoy)
		return false, err
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}
