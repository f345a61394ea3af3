// Package upload reads files that are uploaded together, as a folder or as a zip file. It
// rejects uploads that exceed the limits or are not safe to open. It is independent of the
// contents of the files.
package upload
