package token

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// appendBase62 appends 16 bytes, read as one big-endian number, as 22 base62
// digits, zero-padded: 62^22 is just above 2^128. It works on 32-bit limbs to avoid
// allocations.
func appendBase62(dst []byte, src *[16]byte) []byte {
	var limbs [4]uint64
	for i := range limbs {
		limbs[i] = uint64(src[4*i])<<24 | uint64(src[4*i+1])<<16 | uint64(src[4*i+2])<<8 | uint64(src[4*i+3])
	}
	var digits [partLen]byte
	for d := partLen - 1; d >= 0; d-- {
		var rem uint64
		for i := range limbs {
			cur := rem<<32 | limbs[i]
			limbs[i], rem = cur/62, cur%62
		}
		digits[d] = alphabet[rem]
	}
	return append(dst, digits[:]...)
}
