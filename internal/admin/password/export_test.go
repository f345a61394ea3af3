package password

// Occupy takes a slot of a Checker that has one.
func Occupy(c *Checker) (release func()) {
	c.slots <- struct{}{}
	return func() { <-c.slots }
}

// Crowd takes all places to wait for a Checker.
func Crowd(c *Checker) (release func()) {
	n := cap(c.waiting)
	for range n {
		c.waiting <- struct{}{}
	}
	return func() {
		for range n {
			<-c.waiting
		}
	}
}
