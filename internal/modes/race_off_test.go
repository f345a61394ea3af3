//go:build !race

package modes

// hostileShare divides the size of hostile texts; here they have their full size.
const hostileShare = 1
