// Package clients knows what editors make of a mode: the prompt that a model
// gets, what it is permitted, and what people see. What is known of each client
// is data (clients.yaml), so that a new release of one is a change of a file.
package clients
