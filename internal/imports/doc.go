// Package imports plans what importing objects from files would do to a library: what is
// created, what is replaced, and what is in conflict. It knows no kind of object, no
// format of files and no storage.
package imports
