//go:build race

package modes

// hostileDivisor divides the size of hostile texts. The race detector makes each byte ten times
// as expensive, and finds nothing in code without goroutines.
const hostileDivisor = 64
