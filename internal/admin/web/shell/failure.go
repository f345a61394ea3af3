package shell

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/problem"
)

// WantsHTML reports whether the response to a failed request should be a page rather than
// JSON: the Accept header has text/html, and the path is not below /api/.
func WantsHTML(c *fiber.Ctx) bool {
	return !strings.HasPrefix(c.Path(), "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
}

// failureData is the data of the failure page.
type failureData struct {
	problem.Problem
	// Outcome tells the user which changes were made, if any; NextStep tells what to do.
	Outcome, NextStep string
	Home              string
}

// failureTexts holds texts of the failure page by status; see failureData.
var failureTexts = map[int]struct{ title, outcome, nextStep string }{
	http.StatusBadRequest: {
		"Invalid request", "Nothing was changed.", "Go back, reload the page, and try again.",
	},
	http.StatusForbidden:    {"Not allowed", "Nothing was changed.", ""},
	http.StatusNotFound:     {"Page not found", "", "The address may be mistyped, or the page was deleted; deleted modes can be restored."},
	http.StatusUnauthorized: {"You are signed out", "Nothing was changed.", "Sign in again to continue."},
	http.StatusConflict:     {"Conflict", "Nothing was changed.", "Go back, check the current state, and try again."},
	http.StatusPreconditionFailed: {
		"Changed by someone else", "Your changes were not saved, and theirs are not lost.",
		"Go back, reload the page, and check the current version.",
	},
	http.StatusMethodNotAllowed: {
		"Method not allowed", "Nothing was changed.", "Go back, reload the page, and try again.",
	},
	http.StatusRequestTimeout: {
		"Request timed out", "Nothing was changed.", "Try again; a large request may need a faster connection.",
	},
	http.StatusRequestEntityTooLarge: {"Request too large", "Nothing was changed.", "Go back, and send less at once."},
	http.StatusUnsupportedMediaType:  {"Unsupported media type", "Nothing was changed.", ""},
	http.StatusRequestHeaderFieldsTooLarge: {
		"Request headers too large", "Nothing was changed.", "Delete this site's cookies in your browser, and sign in again.",
	},
	http.StatusTooManyRequests: {"Too many attempts", "", ""},
	http.StatusInternalServerError: {
		"Something went wrong", "What editors get is not affected.",
		"Try again. If the problem persists, send the request id below to the operator of this installation.",
	},
	http.StatusServiceUnavailable: {
		"Temporarily unavailable", "What editors get is not affected.", "",
	},
}

// Fail responds with a page about the failure err, with the status of p. p is the problem
// with which the API would respond; see api.Problem. The page also shows the request id.
// Fail logs a failure with a status of 500 or above unless it has been logged already. If
// the page can't be rendered, Fail responds with plain text.
func (s *Shell) Fail(c *fiber.Ctx, err error, p problem.Problem) error {
	if p.Status >= http.StatusInternalServerError && !middleware.Logged(err) {
		s.Log.Error("request failed", "request_id", middleware.ID(c), "method", c.Method(), "path", c.Path(), "status", p.Status, "error", err)
	}
	v := s.request(c)
	text := failureTexts[p.Status]
	f := failureData{Problem: p, Outcome: text.outcome, NextStep: text.nextStep, Home: "/"}
	f.RequestID = middleware.ID(c)
	title := text.title
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
