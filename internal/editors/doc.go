// Package editors describes how editors use a mode: the prompt of the model, its permissions,
// and the texts that users see. The description of each client is data (clients.yaml), so that
// a new release of a client only changes that file.
package editors
