package humanize

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTruncate(t *testing.T) {
	assert.Equal(t, "grün", Truncate("grün", 4))
	assert.Equal(t, "gr…", Truncate("grün", 3))
}

func TestIsControl(t *testing.T) {
	for _, r := range "\t\n\x7f\u0085\u2028" {
		assert.True(t, IsControl(r), "%U", r)
	}
	assert.False(t, IsControl(' '))
	assert.False(t, IsControl('é'))
}

func TestIsUnsafe(t *testing.T) {
	for _, r := range "\t\n\r\a\x1b\x7f\u0085\u009b\u2028\u200b\u202e\u2066\ufeff\U000e0041" {
		assert.True(t, IsUnsafe(r), "%U", r)
	}
	for _, r := range " éع中\u200d\u200c\u00ad🚀" {
		assert.False(t, IsUnsafe(r), "%U", r)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 1025: "2 KiB", 256 << 10: "256 KiB", 256<<10 + 1: "257 KiB",
		10 << 20: "10 MiB", 10<<20 + 1: "10.01 MiB", 3 << 19: "1.50 MiB",
	} {
		assert.Equal(t, want, Bytes(n))
	}
}
