package api

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/suggest"
)

// queryParams are the names of the parameters that a route accepts, in its query or in form
// fields next to the files. A name that ends in ... can be repeated.
type queryParams []string

const repeatable = "..."

// check refuses unknown, empty and duplicate parameters. Otherwise ?dryrun=true would
// run a real import.
func (t queryParams) check(c *fiber.Ctx) error {
	seen := map[string]bool{}
	for name, value := range c.Context().QueryArgs().All() {
		if err := t.checkParam(string(name), string(value), seen); err != nil {
			return err
		}
	}
	return nil
}

// checkParam checks a parameter; seen holds the names before it.
func (t queryParams) checkParam(name, value string, seen map[string]bool) error {
	several := slices.Contains(t, name+repeatable)
	switch {
	case !several && !slices.Contains(t, name):
		return t.unknown(name)
	case value == "":
		return malformedQuery("%s is empty; provide a value or omit it", name)
	case seen[name] && !several:
		return malformedQuery("%s is given twice", name)
	}
	if problem := jsonast.TextProblem(value); problem != "" {
		return malformedQuery("%s: %s", name, problem)
	}
	seen[name] = true
	return nil
}

func (t queryParams) unknown(name string) error {
	shown := humanize.Truncate(strings.ToValidUTF8(name, "\uFFFD"), 60)
	if len(t) == 0 {
		return malformedQuery("unknown parameter %q; this path has no parameters", shown)
	}
	names := make([]string, len(t))
	for i, n := range t {
		names[i] = strings.TrimSuffix(n, repeatable)
	}
	return malformedQuery("unknown parameter %q%s (of %s)", shown, suggest.HintNear("; the closest match is %s", name, names), strings.Join(names, ", "))
}

// withParams refuses requests with query parameters that the route doesn't accept.
func withParams(handle fiber.Handler, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := queryParams(t).check(c); err != nil {
			return err
		}
		return handle(c)
	}
}
