package token

// Base62 exposes appendBase62, so that tests can compare its digits with math/big.
func Base62(raw []byte) string { return string(appendBase62(nil, (*[16]byte)(raw))) }
