// Package lint gives advice to authors of modes; advice never causes a mode to be refused.
// The rules are data (rules.yaml). Simple conditions are data, too; others are small functions
// (checks.go).
package lint
