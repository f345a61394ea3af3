package password

// OccupySlot takes a free slot of a Checker.
func OccupySlot(c *Checker) (release func()) {
	c.slots <- struct{}{}
	return func() { <-c.slots }
}

// FillQueue takes all waiting places of a Checker.
func FillQueue(c *Checker) (release func()) {
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
