package audit

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// file is one file of a bundle.
type file struct {
	name string
	data []byte
}

// MaxBundle is the most bytes that a bundle may have.
const MaxBundle = 1 << 30

// zipped writes a zip without compression, without times and in the order given: of the same files there is one zip, so
// that no byte of it can be another, and none is larger than it looks.
func zipped(files []file) []byte {
	var local, central []byte
	le := binary.LittleEndian
	for _, f := range files {
		const version, firstOfJanuary1980 = 20, 33
		var head []byte
		for _, n := range []uint16{version, 0, 0, 0, firstOfJanuary1980} {
			head = le.AppendUint16(head, n)
		}
		for _, n := range []uint32{crc32.ChecksumIEEE(f.data), uint32(len(f.data)), uint32(len(f.data))} {
			head = le.AppendUint32(head, n)
		}
		head = le.AppendUint16(le.AppendUint16(head, uint16(len(f.name))), 0)
		central = append(le.AppendUint16(append(central, "PK\x01\x02"...), version), head...)
		central = append(le.AppendUint32(append(central, make([]byte, 10)...), uint32(len(local))), f.name...)
		local = append(append(append(append(local, "PK\x03\x04"...), head...), f.name...), f.data...)
	}
	end := []byte("PK\x05\x06\x00\x00\x00\x00")
	end = le.AppendUint16(le.AppendUint16(end, uint16(len(files))), uint16(len(files)))
	end = le.AppendUint16(le.AppendUint32(le.AppendUint32(end, uint32(len(central))), uint32(len(local))), 0)
	return append(append(local, central...), end...)
}

var errOtherZip = errors.New("the zip is not as it was written")

// unzipped reads what zipped wrote, and nothing else.
func unzipped(data []byte) (files []file, err error) {
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
		opened, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("it is no whole zip: %w", err)
		}
		content, err := io.ReadAll(io.LimitReader(opened, math.MaxInt32))
		if err = errors.Join(err, opened.Close()); err != nil {
			return nil, fmt.Errorf("it is no whole zip: %s: %w", f.Name, err)
		}
		files = append(files, file{f.Name, content})
	}
	if !bytes.Equal(zipped(files), data) {
		return nil, errOtherZip
	}
	return files, nil
}
