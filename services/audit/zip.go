package audit

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
)

// file is one file of a bundle: in memory or, where it is long, on the disk.
type file struct {
	name string
	data []byte
	long *spooled // in place of data
}

func (f file) size() int64 {
	if f.long != nil {
		return f.long.size
	}
	return int64(len(f.data))
}

func (f file) checksum() uint32 {
	if f.long != nil {
		return f.long.crc.Sum32()
	}
	return crc32.ChecksumIEEE(f.data)
}

func (f file) digest() string {
	if f.long != nil {
		return hex.EncodeToString(f.long.sum.Sum(nil))
	}
	return digestOf(f.data)
}

func (f file) open() io.Reader {
	if f.long != nil {
		return io.NewSectionReader(f.long.file, 0, f.long.size)
	}
	return bytes.NewReader(f.data)
}

// spooled is what was written to an empty file, as a zip has to know it before it holds it.
type spooled struct {
	file *os.File
	out  *bufio.Writer // Flush ends the writing
	size int64
	crc  hash.Hash32
	sum  hash.Hash
}

func spool(to *os.File) *spooled {
	s := &spooled{file: to, crc: crc32.NewIEEE(), sum: sha256.New()}
	s.out = bufio.NewWriterSize(io.MultiWriter(to, s.crc, s.sum), 1<<16)
	return s
}

func (s *spooled) Write(data []byte) (int, error) {
	n, err := s.out.Write(data)
	s.size += int64(n)
	return n, err
}

// MaxBundle is the most bytes that a bundle may have.
const MaxBundle = 1 << 30

const (
	localHead, centralHead, zipEnd = 30, 46, 22 // bytes, without names
)

// zipSize is how long a zip of files is.
func zipSize(files []file) int64 {
	size := int64(zipEnd)
	for _, f := range files {
		size += localHead + centralHead + 2*int64(len(f.name)) + f.size()
	}
	return size
}

// writeZip writes a zip without compression, without times and in the order given: of the same files there is one zip, so
// that no byte of it can be another, and none is larger than it looks.
func writeZip(w io.Writer, files []file) error {
	var at int64
	var central []byte
	le := binary.LittleEndian
	for _, f := range files {
		const version, firstOfJanuary1980 = 20, 33
		var head []byte
		for _, n := range []uint16{version, 0, 0, 0, firstOfJanuary1980} {
			head = le.AppendUint16(head, n)
		}
		for _, n := range []uint32{f.checksum(), uint32(f.size()), uint32(f.size())} {
			head = le.AppendUint32(head, n)
		}
		head = le.AppendUint16(le.AppendUint16(head, uint16(len(f.name))), 0)
		central = append(le.AppendUint16(append(central, "PK\x01\x02"...), version), head...)
		central = append(le.AppendUint32(append(central, make([]byte, 10)...), uint32(at)), f.name...)
		local := append(append([]byte("PK\x03\x04"), head...), f.name...)
		if _, err := w.Write(local); err != nil {
			return err
		}
		if _, err := io.Copy(w, struct{ io.Reader }{f.open()}); err != nil { // in pieces, for whoever takes them slowly
			return err
		}
		at += int64(len(local)) + f.size()
	}
	end := []byte("PK\x05\x06\x00\x00\x00\x00")
	end = le.AppendUint16(le.AppendUint16(end, uint16(len(files))), uint16(len(files)))
	end = le.AppendUint16(le.AppendUint32(le.AppendUint32(end, uint32(len(central))), uint32(at)), 0)
	_, err := w.Write(append(central, end...))
	return err
}

var errOtherZip = errors.New("the zip is not as it was written")

// mostFiles is more than a bundle has, and mostCentral more bytes than their names take at the end of a zip.
const mostFiles, mostCentral = 16, 4096

// small reports whether a zip ends as a bundle does: what lists its files is read whole before the first of them.
func small(data []byte) bool {
	if len(data) < zipEnd {
		return false
	}
	end, le := data[len(data)-zipEnd:], binary.LittleEndian
	return bytes.HasPrefix(end, []byte("PK\x05\x06")) && le.Uint16(end[10:]) <= mostFiles && le.Uint32(end[12:]) < mostCentral
}

// unzipped reads what writeZip wrote, and nothing else: the files are parts of the data.
func unzipped(data []byte) (files []file, err error) {
	if !small(data) {
		return nil, errors.New("it is no whole zip, or holds other files than a bundle")
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("it is no whole zip: %w", err)
	}
	left := uint64(len(data))
	for _, f := range r.File {
		if f.Method != zip.Store || f.UncompressedSize64 > left {
			return nil, errOtherZip
		}
		left -= f.UncompressedSize64
		at, err := f.DataOffset()
		if err != nil {
			return nil, fmt.Errorf("it is no whole zip: %s: %w", f.Name, err)
		}
		end := at + int64(f.UncompressedSize64)
		if end > int64(len(data)) {
			return nil, errOtherZip
		}
		files = append(files, file{name: f.Name, data: data[at:end:end]})
	}
	if zipSize(files) != int64(len(data)) || writeZip(&same{data}, files) != nil {
		return nil, errOtherZip
	}
	return files, nil
}

// same takes the bytes that it still has, in their order, and no others.
type same struct{ left []byte }

func (s *same) Write(data []byte) (int, error) {
	if !bytes.HasPrefix(s.left, data) {
		return 0, errOtherZip
	}
	s.left = s.left[len(data):]
	return len(data), nil
}
