// Package advice knows what is worth telling whoever writes a mode: nothing of
// it refuses anything. The rules are data (rules.yaml); what they look for is
// data too, where that is plain, and a small function (checks.go) where it isn't.
package advice
