// Package transfer imports and exports files of modes and of permission templates, in the
// same way for the API, pages and operators. Packages modes and templates define the
// file formats, and package postgres the storage.
package transfer
