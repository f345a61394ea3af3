//go:build !race

package modes

// hostileShare divides the size of hostile texts; here they have it in full.
const hostileShare = 1
