// Package imports plans an import of objects from files into a library: which objects it
// creates, replaces, or finds in conflict. It is independent of the kind of object, the
// file format and the storage.
package imports
