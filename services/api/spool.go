package api

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// spool is a file that was read to its end before anything of it is recorded. It may hold identity numbers, and is
// larger than memory: it lies on disk without a name, so that no crash leaves it behind, and sealed under a key that is
// in this process's memory alone, so that not even the freed blocks can be read.
type spool struct {
	file *os.File
	seal cipher.Block
	sum  [sha256.Size]byte // of what was read
}

// spoolIn reads everything into a spool in a directory. errNoRoom: it cannot be kept there.
func spoolIn(dir string, from io.Reader) (*spool, error) {
	file, err := os.CreateTemp(dir, ".spool-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoRoom, err)
	}
	p := &spool{file: file}
	if err := errors.Join(os.Remove(file.Name()), p.fill(from)); err != nil { // its name goes before the first byte comes
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

func (p *spool) fill(from io.Reader) error {
	var key [32]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return err
	}
	p.seal = block
	digest := sha256.New()
	_, err = io.Copy(io.MultiWriter(digest, cipher.StreamWriter{S: p.stream(), W: p.file}), from)
	if on := (*fs.PathError)(nil); errors.As(err, &on) {
		return fmt.Errorf("%w: %w", errNoRoom, err)
	}
	p.sum = [sha256.Size]byte(digest.Sum(nil))
	return err
}

// stream begins at the first byte. A spool has a key of its own, so that no counter is used twice.
func (p *spool) stream() cipher.Stream {
	return cipher.NewCTR(p.seal, make([]byte, aes.BlockSize))
}

// reader reads the spool from its beginning.
func (p *spool) reader() (io.Reader, error) {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read a spool again: %w", err)
	}
	return bufio.NewReaderSize(cipher.StreamReader{S: p.stream(), R: p.file}, 1<<16), nil
}

// Close frees its room on disk.
func (p *spool) Close() error { return p.file.Close() }
