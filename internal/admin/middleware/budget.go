package middleware

import (
	"bytes"
	"sync"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
)

const (
	// largeAnswer is the size from which an answer counts, in bytes.
	largeAnswer = 256 << 10
	// DefaultMaxAnswers bounds the large answers that clients are still receiving, in
	// bytes in total. One source gets a quarter of it.
	DefaultMaxAnswers = 128 << 20
)

// Answers bounds the memory of large answers that clients are still receiving.
type Answers struct {
	total, perSource int

	mu       sync.Mutex
	held     int
	bySource map[string]int
}

// NewAnswers returns Answers bounded by total bytes; 0 means DefaultMaxAnswers.
func NewAnswers(total int) *Answers {
	if total == 0 {
		total = DefaultMaxAnswers
	}
	return &Answers{total: total, perSource: total / 4, bySource: map[string]int{}}
}

// Held returns how many bytes clients are still receiving.
func (a *Answers) Held() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held
}

// take reports whether an answer can be sent, and counts it. A source that receives no
// other can always have one, as long as the total allows it.
func (a *Answers) take(source string, n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := a.bySource[source]
	if a.held > 0 && a.held+n > a.total || of > 0 && of+n > a.perSource {
		return false
	}
	a.held += n
	a.bySource[source] = of + n
	return true
}

func (a *Answers) giveBack(source string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held -= n
	if a.bySource[source] -= n; a.bySource[source] == 0 {
		delete(a.bySource, source)
	}
}

// Bound counts a large answer until its client has received it or disconnected. If
// there are too many, it answers 503 instead.
func (a *Answers) Bound(fail fiber.ErrorHandler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := c.Next(); err != nil {
			return err
		}
		res := c.Response()
		if c.Method() == fiber.MethodHead || res.IsBodyStream() {
			return nil
		}
		body := res.Body()
		if len(body) < largeAnswer {
			return nil
		}
		source, n := Source(c), len(body)
		if !a.take(source, n) {
			for _, name := range []string{
				fiber.HeaderContentEncoding, fiber.HeaderContentDisposition, fiber.HeaderETag, fiber.HeaderSetCookie,
			} {
				res.Header.Del(name)
			}
			res.ResetBody()
			return fail(c, fault.New(fault.Unavailable, "too_many_answers", "Too many large responses are in progress; try again soon"))
		}
		res.SwapBody(nil) // body is owned by the handler from here on
		res.SetBodyStream(&answer{bytes.NewReader(body), sync.OnceFunc(func() { a.giveBack(source, n) })}, n)
		return nil
	}
}

// answer is the body of a large answer. The server closes it once it is written or
// can't be.
type answer struct {
	*bytes.Reader
	release func()
}

// Close releases the bytes.
func (a *answer) Close() error {
	a.release()
	return nil
}
