package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/failpoint"
)

// Keeper is the one writer of a directory of archives.
type Keeper struct {
	disk   disk
	lock   *os.File
	key    note.Signer
	public note.Verifier
	// retired are the keys that signed before.
	retired []Retired
}

// ErrKept says that somebody else writes the directory.
var ErrKept = errors.New("another archiver is writing it")

// Keep makes dir if need be and claims it, until Close or the end of the process. ErrKept: it is claimed. Checkpoints
// are signed with key; those that are there have to verify with public, or with a key that was retired after them.
func Keep(dir string, key note.Signer, public note.Verifier, retired ...Retired) (*Keeper, error) {
	k := &Keeper{disk: disk{dir, atFailpoint, new(sync.Map)}, key: key, public: public, retired: retired}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	k.disk.dir = dir
	if err := k.disk.makeDir(dir); err != nil {
		return nil, fmt.Errorf("make the archive %s: %w", dir, err)
	}
	if k.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("lock the archive %s: %w", dir, err)
	}
	err = syscall.Flock(int(k.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrKept
	}
	if err == nil {
		err = os.RemoveAll(filepath.Join(dir, temporary))
	}
	if err == nil {
		err = k.finish()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("claim the archive %s: %w", dir, err), k.lock.Close())
	}
	return k, nil
}

func atFailpoint(step string) error {
	failpoint.At(failpoint.Step("archive " + step))
	return nil
}

// Close lets others write.
func (k *Keeper) Close() error { return k.lock.Close() }

// Volume opens a municipality's archive for writing, where its checkpoint ends. *DamageError: the tiles that the
// checkpoint needs are not whole, or not those that were signed.
func (k *Keeper) Volume(m events.Municipality) (*Volume, error) {
	v := &Volume{Archive: Open(k.disk.dir, m, k.public).After(k.retired...), key: k.key, disk: k.disk}
	return v, v.resume()
}
