package middleware

import (
	"bytes"
	"sync"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
)

const (
	// minCountedBytes is the size from which an answer counts, in bytes.
	minCountedBytes = 256 << 10
	// DefaultResponseBudget bounds the large answers that clients are still receiving, in
	// bytes in total. One source gets a quarter of it.
	DefaultResponseBudget = 128 << 20
)

// ResponseBudget bounds the memory of large answers that clients are still receiving.
type ResponseBudget struct {
	total, perSource int

	mu       sync.Mutex
	inUse    int
	bySource map[string]int
}

// NewResponseBudget returns a ResponseBudget of total bytes; 0 means DefaultResponseBudget.
func NewResponseBudget(total int) *ResponseBudget {
	if total == 0 {
		total = DefaultResponseBudget
	}
	return &ResponseBudget{total: total, perSource: total / 4, bySource: map[string]int{}}
}

// InUse returns how many bytes clients are still receiving.
func (a *ResponseBudget) InUse() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inUse
}

// acquire reports whether an answer can be sent, and counts it. A source that receives no
// other can always have one, as long as the total allows it.
func (a *ResponseBudget) acquire(source string, n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	of := a.bySource[source]
	if a.inUse > 0 && a.inUse+n > a.total || of > 0 && of+n > a.perSource {
		return false
	}
	a.inUse += n
	a.bySource[source] = of + n
	return true
}

func (a *ResponseBudget) release(source string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inUse -= n
	if a.bySource[source] -= n; a.bySource[source] == 0 {
		delete(a.bySource, source)
	}
}

// Limit counts a large answer until its client has received it or disconnected. If
// there are too many, it answers 503 instead.
func (a *ResponseBudget) Limit(fail fiber.ErrorHandler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := c.Next(); err != nil {
			return err
		}
		res := c.Response()
		if c.Method() == fiber.MethodHead || res.IsBodyStream() {
			return nil
		}
		body := res.Body()
		if len(body) < minCountedBytes {
			return nil
		}
		source, n := Source(c), len(body)
		if !a.acquire(source, n) {
			for _, name := range []string{
				fiber.HeaderContentEncoding, fiber.HeaderContentDisposition, fiber.HeaderETag, fiber.HeaderSetCookie,
			} {
				res.Header.Del(name)
			}
			res.ResetBody()
			return fail(c, fault.New(fault.Unavailable, "too_many_answers", "Too many large responses are in progress; try again soon"))
		}
		res.SwapBody(nil) // body is owned by the handler from here on
		res.SetBodyStream(&budgetedBody{bytes.NewReader(body), sync.OnceFunc(func() { a.release(source, n) })}, n)
		return nil
	}
}

// budgetedBody is the body of a large answer. The server closes it once it is written or
// can't be.
type budgetedBody struct {
	*bytes.Reader
	release func()
}

// Close releases the bytes.
func (a *budgetedBody) Close() error {
	a.release()
	return nil
}
