package api

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/suggest"
)

// takes are the names of the parameters that a route accepts, in its query or in form
// fields next to the files. A name that ends in ... can be repeated.
type takes []string

const severalTimes = "..."

// check refuses unknown, empty and duplicate parameters. Otherwise ?dryrun=true would
// run a real import.
func (t takes) check(c *fiber.Ctx) error {
	seen := map[string]bool{}
	for name, value := range c.Context().QueryArgs().All() {
		if err := t.checkOne(string(name), string(value), seen); err != nil {
			return err
		}
	}
	return nil
}

// checkOne checks a parameter; seen holds the names before it.
func (t takes) checkOne(name, value string, seen map[string]bool) error {
	several := slices.Contains(t, name+severalTimes)
	switch {
	case !several && !slices.Contains(t, name):
		return t.unknown(name)
	case value == "":
		return malformedQuery("%s is empty; provide a value or omit it", name)
	case seen[name] && !several:
		return malformedQuery("%s is given twice", name)
	}
	if flaw := jsonast.TextFlaw(value); flaw != "" {
		return malformedQuery("%s: %s", name, flaw)
	}
	seen[name] = true
	return nil
}

func (t takes) unknown(name string) error {
	shown := humanize.Shortened(strings.ToValidUTF8(name, "\uFFFD"), 60)
	if len(t) == 0 {
		return malformedQuery("unknown parameter %q; this path has no parameters", shown)
	}
	names := make([]string, len(t))
	for i, n := range t {
		names[i] = strings.TrimSuffix(n, severalTimes)
	}
	return malformedQuery("unknown parameter %q; the closest match is %s (of %s)", shown, suggest.Nearest(name, names), strings.Join(names, ", "))
}

// only refuses requests with query parameters that the route doesn't accept.
func only(handle fiber.Handler, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := takes(t).check(c); err != nil {
			return err
		}
		return handle(c)
	}
}
