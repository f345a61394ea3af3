package api

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/typo"
	"orgmodes/internal/wording"
)

// takes are the parameters that a route takes in its query, or in the fields of a
// form beside the files. A name that ends in ... may be given several times.
type takes []string

const severalTimes = "..."

// check refuses what the route doesn't take, what is empty, and what is there twice.
// ?dryrun=true would otherwise import for real.
func (t takes) check(c *fiber.Ctx) error {
	seen := map[string]bool{}
	for name, value := range c.Context().QueryArgs().All() {
		if err := t.checkOne(string(name), string(value), seen); err != nil {
			return err
		}
	}
	return nil
}

// checkOne judges a parameter; seen are the names before it.
func (t takes) checkOne(name, value string, seen map[string]bool) error {
	several := slices.Contains(t, name+severalTimes)
	switch {
	case !several && !slices.Contains(t, name):
		return t.unknown(name)
	case value == "":
		return malformedQuery("%s is empty; give it a value, or leave it out", name)
	case seen[name] && !several:
		return malformedQuery("%s is there twice", name)
	}
	if flaw := jsonast.TextFlaw(value); flaw != "" {
		return malformedQuery("%s: %s", name, flaw)
	}
	seen[name] = true
	return nil
}

func (t takes) unknown(name string) error {
	shown := wording.Shortened(strings.ToValidUTF8(name, "\uFFFD"), 60)
	if len(t) == 0 {
		return malformedQuery("there is no parameter %q here; this address takes none", shown)
	}
	names := make([]string, len(t))
	for i, n := range t {
		names[i] = strings.TrimSuffix(n, severalTimes)
	}
	return malformedQuery("there is no parameter %q here; the nearest one is %s (of %s)", shown, typo.Nearest(name, names), strings.Join(names, ", "))
}

// only lets a request through whose query the route takes.
func only(handle fiber.Handler, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := takes(t).check(c); err != nil {
			return err
		}
		return handle(c)
	}
}
