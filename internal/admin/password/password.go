// Package password knows how passwords are kept and compared, and how often one
// may be tried.
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
	// MinLength is in characters. There is no rule on what they are (NIST SP
	// 800-63B, section 3.1.1.2).
	MinLength = 12
	// maxBytes keeps somebody from having us hash megabytes.
	maxBytes = 1024
)

// params are those that OWASP's cheat sheet on password storage gives for
// argon2id: 19 MiB, two passes, one lane. Some 30 ms.
var params = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hash returns what is kept of a password, in the PHC string format. about are words
// that others know of its owner, such as the address and the name. Invalid is returned
// for one that is too short, too long or easy to guess.
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
			"This password is easy to guess: it is made of common words or patterns, or of the name or address. Take several words that have nothing to do with each other, or have a program make one").
			With(fault.Field{Pointer: "/password", Detail: "is easy to guess"})
	}
	return argon2id.CreateHash(password, params)
}

// waitingPerSlot is how many may wait for each password that is being compared: those
// take some seconds together.
const waitingPerSlot = 64

// Checker compares passwords, a few at a time: each takes 19 MiB and a core.
type Checker struct {
	slots   chan struct{}
	waiting chan struct{}
	decoy   string
}

// decoyHash stands in for the hash of an unknown account. It is no secret, so one per
// process is enough.
var decoyHash = sync.OnceValues(func() (string, error) {
	return argon2id.CreateHash("nobody's password", params)
})

// NewChecker makes a Checker that compares at most so many at once.
func NewChecker(atOnce int) (*Checker, error) {
	// Made now, so that not even the first unknown address takes longer.
	decoy, err := decoyHash()
	if err != nil {
		return nil, err
	}
	atOnce = max(atOnce, 1)
	return &Checker{
		slots: make(chan struct{}, atOnce), waiting: make(chan struct{}, atOnce*waitingPerSlot), decoy: decoy,
	}, nil
}

// Matches reports whether a password is the one that hash was made of. An empty
// hash stands for somebody who is not there, or can't sign in with a password:
// that takes the same time, so that nobody learns which addresses are known.
// Unavailable is returned where too many wait already.
func (c *Checker) Matches(ctx context.Context, hash, password string) (bool, error) {
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return false, fault.New(fault.Unavailable, "busy", "Too many sign in at the same moment; try again soon")
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
