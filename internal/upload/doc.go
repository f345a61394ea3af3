// Package upload takes the files that somebody uploads together, as a folder or as
// a zip file, and says what is too much or not safe to open. It knows nothing of
// what is in them.
package upload
