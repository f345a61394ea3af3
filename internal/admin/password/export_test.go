package password

// Occupy takes a slot of a Checker that has one.
func Occupy(c *Checker) (release func()) {
	c.slots <- struct{}{}
	return func() { <-c.slots }
}

// Size is how many keys a Throttle remembers.
func Size(t *Throttle) int { return len(t.keys) }
