// Package files brings files of modes and of permission templates into an
// organization's library and out of it: the same way for the API, for pages and
// for operators. What a file may look like is modes' and templates' business, how
// it is stored postgres'.
package files
