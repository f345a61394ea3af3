package http1

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExamineReadsEveryLine(t *testing.T) {
	for header, want := range map[string]examination{
		"":                                        {},
		"Host: x\r\n\r\n":                         {},
		"Connection: close\r\n":                   {closes: true},
		"connection:\tCLOSE ":                     {closes: true},
		"Connection: a , close\n":                 {closes: true},
		"Connection: closed\r\n":                  {},
		"Connection : close\r\n":                  {}, // fasthttp refuses it
		"X-Connection: close\r\n":                 {},
		"Expect: anything\r\n":                    {expects: true},
		"Content-Length: 1\r\n":                   {},
		"Content-Lengthy: 1\r\n":                  {},
		"Transfer-Encoding: CHUNKED\r\n":          {},
		"Transfer-Encoding: chunked, chunked\r\n": {refusal: errNotChunked},
		"Transfer-Encoding:\r\n":                  {refusal: errNotChunked},
		"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n": {refusal: errTwoLengths},
		"CONTENT-LENGTH: 1\nTRANSFER-ENCODING: chunked\n":     {refusal: errTwoLengths},
		"A: b\r\n c\r\n":  {refusal: errFolded},
		"A: b\r\n\tc\r\n": {refusal: errFolded},
		"A: b\r\n \r\n":   {refusal: errFolded},
	} {
		require.Equal(t, want, examine([]byte("HTTP/1.1"), []byte(header)), "%q", header)
	}
	require.Equal(t, errCodedHTTP10, examine([]byte("HTTP/1.0"), []byte("Transfer-Encoding: chunked\r\n")).refusal)
	for version, want := range map[string]*RefusalError{"HTTP/1.0": nil, "HTTP/1.9": nil, "HTTP/0.9": errOtherVersion, "HTTP/2.0": errOtherVersion, "HTTP/9.9": errOtherVersion} {
		require.Equal(t, want, examine([]byte(version), nil).refusal, version)
	}
}

func TestRefusalsAreComplete(t *testing.T) {
	for _, r := range Refusals() {
		require.NotEmpty(t, r.Code)
		require.EqualError(t, r, r.Detail)
	}
}

// editorHeader is the header of an editor's request.
const editorHeader = "Host: modes.example.com\r\nUser-Agent: opencode-kilo-provider/1.2.3\r\nAccept: */*\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nConnection: keep-alive\r\n" +
	"Authorization: Bearer omt_k1_0123456789012345678901234567890123456789\r\n" +
	"If-None-Match: \"1.1.0123456789abcdef-br\"\r\nX-KiloCode-OrganizationId: 3f2b8c1e-0d4a-4b6f-9a51-7c2e8d90f413\r\n\r\n"

func TestExamineAllocatesNothing(t *testing.T) {
	version, header := []byte("HTTP/1.1"), []byte(editorHeader)
	require.Zero(t, testing.AllocsPerRun(1000, func() { examine(version, header) }))
}

func BenchmarkExamine(b *testing.B) {
	version, header := []byte("HTTP/1.1"), []byte(editorHeader)
	b.ReportAllocs()
	for b.Loop() {
		examine(version, header)
	}
}
