package shell

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/request"
	"orgmodes/internal/problem"
)

// Wants reports whether a failure is answered with a page. That is so if the request
// accepts HTML and is not for the API.
func Wants(c *fiber.Ctx) bool {
	return !strings.HasPrefix(c.Path(), "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
}

// failed is the data of the failure page.
type failed struct {
	problem.Problem
	// Safe tells the user which changes were made, if any; Next tells what to do.
	Safe, Next string
	Home       string
}

// words holds texts of the failure page by status; see failed.
var words = map[int]struct{ title, safe, next string }{
	http.StatusBadRequest: {
		"This could not be understood", "Nothing was changed.", "Go back, load the page again, and try once more.",
	},
	http.StatusForbidden:    {"Not allowed", "Nothing was changed.", ""},
	http.StatusNotFound:     {"There is nothing here", "", "The address may be mistyped, or what was here is deleted; deleted modes can be restored."},
	http.StatusUnauthorized: {"You are signed out", "Nothing was changed.", "Sign in again to go on."},
	http.StatusConflict:     {"This is in the way of something else", "Nothing was changed.", "Go back, look at what is there now, and try again."},
	http.StatusPreconditionFailed: {
		"Somebody else was faster", "Nothing of yours was saved, and nothing of theirs is lost.",
		"Go back, load the page again, and look at what is there now.",
	},
	http.StatusMethodNotAllowed: {
		"This address takes nothing like that", "Nothing was changed.", "Go back, load the page again, and try once more.",
	},
	http.StatusRequestTimeout: {
		"This took too long to arrive", "Nothing was changed.", "Try again; what is large may need a faster connection.",
	},
	http.StatusRequestEntityTooLarge: {"That is too much", "Nothing was changed.", "Go back, and bring less at once."},
	http.StatusUnsupportedMediaType:  {"This comes in a form that is not read here", "Nothing was changed.", ""},
	http.StatusRequestHeaderFieldsTooLarge: {
		"Your browser sent too much beside the request", "Nothing was changed.", "Delete the cookies of this address in your browser, and sign in again.",
	},
	http.StatusTooManyRequests: {"Too many attempts", "", ""},
	http.StatusInternalServerError: {
		"Something went wrong here", "What editors get is not affected.",
		"Try again. If it stays so, tell whoever runs this installation the request id below.",
	},
	http.StatusServiceUnavailable: {
		"This is not available right now", "What editors get is not affected.", "",
	},
}

// Fail responds with a page about a failure. p is the failure as the API reports it. A
// server error is logged here, unless it has been logged already.
func (s *Shell) Fail(c *fiber.Ctx, err error, p problem.Problem) error {
	if p.Status >= http.StatusInternalServerError && !request.Logged(err) {
		s.Log.Error("request failed", "request_id", request.ID(c), "method", c.Method(), "path", c.Path(), "status", p.Status, "error", err)
	}
	v := s.visit(c)
	said := words[p.Status]
	f := failed{Problem: p, Safe: said.safe, Next: said.next, Home: "/"}
	f.RequestID = request.ID(c)
	title := said.title
	if title == "" {
		title = p.Title
	}
	if p.RetryAfter > 0 && len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.RetryAfter))
	}
	if v.role != access.None {
		f.Home = v.Address("/modes")
	}
	c.Status(p.Status)
	if err := v.Show("failure", Page{Title: title, Bare: v.role == access.None, Data: f}); err != nil {
		// Rendering the page failed; respond with plain text.
		s.Log.Error("rendering failure page failed", "request_id", f.RequestID, "error", err)
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Status(p.Status).SendString(title + "\n" + p.Detail + "\nRequest " + f.RequestID + "\n")
	}
	return nil
}
