package devstack

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// scramVerifier returns what Postgres stores for a password (RFC 5803), with one iteration
// of the hash. More protect passwords that can be guessed. Ours are random, and the 4,096
// of Postgres cost 10 ms per connection under the race detector.
func scramVerifier(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	salted := mac([]byte(password), string(salt)+"\x00\x00\x00\x01") // RFC 5802, section 2.2
	storedKey := sha256.Sum256(mac(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$1:%s$%s:%s", text(salt), text(storedKey[:]), text(mac(salted, "Server Key")))
}
