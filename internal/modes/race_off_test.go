//go:build !race

package modes

// hostileDivisor divides the size of hostile texts; here they have their full size.
const hostileDivisor = 1
