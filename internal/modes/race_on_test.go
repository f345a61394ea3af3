//go:build race

package modes

// hostileShare divides the size of hostile texts: the race detector makes each
// byte ten times as dear, and has nothing to find in code without goroutines.
const hostileShare = 64
