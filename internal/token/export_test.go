package token

// Base62 lets the tests hold the digits against math/big.
func Base62(raw []byte) string { return string(appendBase62(nil, (*[16]byte)(raw))) }
