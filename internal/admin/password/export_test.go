package password

// Occupy takes a free slot of a Checker.
func Occupy(c *Checker) (release func()) {
	c.slots <- struct{}{}
	return func() { <-c.slots }
}

// Crowd takes all waiting places of a Checker.
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
