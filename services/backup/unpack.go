package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"
)

// Unpacked is a backup that was opened and found whole.
type Unpacked struct {
	Description
	Dir string // of its files
}

// Rest are the names of what is left of it beside its tables, when all else that this version knows was moved to its place.
func (u Unpacked) Rest() (names []string, err error) {
	found, err := os.ReadDir(u.Dir)
	for _, one := range found {
		if name := one.Name(); name != descriptionFile && name != manifestFile && name != tablesDir {
			names = append(names, name)
		}
	}
	return names, err
}

// UnusableError says why a file is no backup that can be restored here.
type UnusableError struct{ Problem string }

func (e *UnusableError) Error() string { return "this backup cannot be restored: " + e.Problem }

// Unpack opens a backup into an empty directory. Nothing of it may be used before it returns: only then is it known to be
// whole. *UnusableError: it is not, or not this key's. *fs.PathError: the disk has no room for it, or cannot be read.
func Unpack(from io.Reader, key Key, dir string) (Unpacked, error) {
	u := &unpacking{dir: dir, digests: make(map[string]string)}
	if err := u.all(from, key); err != nil {
		return Unpacked{}, err
	}
	return u.check()
}

type unpacking struct {
	dir     string
	digests map[string]string
	order   []string
}

func (u *unpacking) all(from io.Reader, key Key) error {
	opened, err := age.Decrypt(from, key)
	var foreign *age.NoIdentityMatchError
	if errors.As(err, &foreign) {
		return &UnusableError{"it is sealed with another key than " + KeyFile + " of the vault's directory: it is another installation's, or that directory is"}
	}
	if err != nil {
		return &UnusableError{"it is no backup, or its beginning is damaged"}
	}
	packed, err := gzip.NewReader(opened)
	if err != nil {
		return damaged(err)
	}
	files := tar.NewReader(packed)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		if err := u.file(header, files); err != nil {
			return err
		}
	}
	// Only at its very end is it known that nothing is missing from it.
	for _, rest := range []io.Reader{packed, opened} {
		if n, err := io.Copy(io.Discard, rest); err != nil || n > 0 {
			return damaged(err)
		}
	}
	return nil
}

// damaged says that a backup is not whole, unless it is the disk that did not take or give it: *fs.PathError.
func damaged(err error) error {
	if err == nil {
		err = errors.New("there is more in it than a backup")
	}
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) {
		return err
	}
	return &UnusableError{fmt.Sprintf("it is cut short or damaged (%v); take another copy of it", err)}
}

func (u *unpacking) file(header *tar.Header, from io.Reader) error {
	name := header.Name
	if header.Typeflag != tar.TypeReg || !fs.ValidPath(name) || u.digests[name] != "" {
		return &UnusableError{fmt.Sprintf("it holds %q, which is no file of a backup", name)}
	}
	path := filepath.Join(u.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	digest := sha256.New()
	_, copied := io.Copy(io.MultiWriter(file, digest), from)
	err = errors.Join(file.Sync(), file.Close())
	if copied != nil {
		return damaged(copied)
	}
	u.digests[name], u.order = hex.EncodeToString(digest.Sum(nil)), append(u.order, name)
	return err
}

// check compares the files with the list that was signed.
func (u *unpacking) check() (Unpacked, error) {
	raw, err := os.ReadFile(filepath.Join(u.dir, descriptionFile))
	d := Unpacked{Dir: u.dir}
	if err != nil || json.Unmarshal(raw, &d.Description) != nil || d.Format != Format {
		return d, &UnusableError{fmt.Sprintf("it is not a %s; restore it with the version of the program that made it", Format)}
	}
	verifier, err := note.NewVerifier(string(d.Key))
	if err != nil {
		return d, &UnusableError{"it names no key"}
	}
	signed, err := os.ReadFile(filepath.Join(u.dir, manifestFile))
	if err != nil {
		return d, &UnusableError{"it has no list of its files"}
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return d, &UnusableError{"the list of its files is not signed by its key"}
	}
	var list bytes.Buffer
	fmt.Fprintln(&list, Format)
	for _, name := range u.order[:len(u.order)-1] {
		fmt.Fprintf(&list, "%s  %s\n", u.digests[name], name)
	}
	if u.order[len(u.order)-1] != manifestFile || strings.Compare(list.String(), n.Text) != 0 {
		return d, &UnusableError{"its files are not those that were signed"}
	}
	return d, nil
}
