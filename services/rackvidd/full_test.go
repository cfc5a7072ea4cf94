package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inside is the environment variable of a test that runs where file systems may be mounted.
const inside = "RACKVIDD_TEST_INSIDE"

// whereDisksCanBeMade runs a test once more, in a process of its own that may mount file systems that nobody else sees: as
// root in a mount namespace, as an ordinary user in a user namespace as well. It reports whether this is that process, and
// whether the machine allows none: then the test goes on here.
func whereDisksCanBeMade(t *testing.T) (here, mountable bool) {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true, true
	}
	if err := mounting(exec.Command("mount", "-t", "tmpfs", "none", t.TempDir())).Run(); err != nil {
		t.Logf("nobody may mount a file system here (%v): a limit on the size of files takes its place", err)
		return true, false
	}
	cmd := mounting(exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "1h"))
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return false, true
}

// mounting runs a command where it may mount.
func mounting(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		const mayMount = 21 // CAP_SYS_ADMIN, in that namespace alone
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{mayMount}
	}
	return cmd
}

// disk is a small file system.
type disk struct {
	t   *testing.T
	dir string
}

func newDisk(t *testing.T, dir string, megabytes int) disk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=711", megabytes)); err != nil {
		t.Fatalf("mount %s: %v", dir, err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return disk{t, dir}
}

// fill leaves no room.
func (d disk) fill() {
	d.t.Helper()
	file, err := os.Create(d.filler())
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d disk) empty() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

func (d disk) filler() string { return filepath.Join(d.dir, "filler") }

// limit lets no process of a list write a file beyond a size: what is left to whoever may not mount. Their owner asks for it.
func limit(t *testing.T, size string, processes []int) {
	t.Helper()
	for _, pid := range processes {
		var owner syscall.Stat_t
		if syscall.Stat(fmt.Sprintf("/proc/%d", pid), &owner) != nil {
			continue // it has ended
		}
		cmd := exec.Command("prlimit", "--pid", strconv.Itoa(pid), "--fsize="+size+":")
		if int(owner.Uid) != os.Getuid() {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
		}
		if out, err := cmd.CombinedOutput(); err != nil && syscall.Kill(pid, 0) == nil {
			t.Fatalf("limit process %d: %v %s", pid, err, out)
		}
	}
}

// TestAFullDiskIsSaidAndLosesNothing fills the log's disk, the archive's and the database's, one after the other.
func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	if here, mountable := whereDisksCanBeMade(t); here {
		fullDisks(t, mountable, 1, uint64(time.Now().UnixNano()))
	}
}

// room is what can be taken away and given back.
type room struct {
	of          string
	take, give  func()
	nobodyNotes bool
}

// fullDisks fills each of three disks so many times, while there is work to do, and makes room again.
func fullDisks(t *testing.T, mountable bool, rounds int, seed uint64) {
	t.Helper()
	data := dataDir(t)
	var rooms []room
	if mountable {
		for _, d := range []struct {
			of, dir   string
			megabytes int
		}{{"log", "nats", 64}, {"archive", "archive", 32}, {"database", "postgres", 400}} {
			made := newDisk(t, filepath.Join(data, d.dir), d.megabytes+16*rounds) // a round brings 3 MB of events
			rooms = append(rooms, room{d.of, made.fill, made.empty, d.of == "archive"})
		}
	}
	f := newFaulted(t, serve(t, data), seed)
	if !mountable {
		rooms = f.limits()
	}
	for round := range rounds {
		for i, r := range rooms {
			refused := f.while(r.of+"'s disk is full", 10*(len(rooms)*round+i), r.take, r.give)
			if !r.nobodyNotes && refused == 0 { // without an archive it is recorded, in one copy alone for a while
				t.Errorf("nothing is refused while the %s's disk is full", r.of)
			}
		}
	}
	f.endsRight()
}

// limits take the place of full disks: files of the program, which are the log's and the archive's, and the database's.
func (f *faulted) limits() []room {
	program := func() []int { return []int{f.cmd.Process.Pid} }
	database := func() (list []int) {
		for _, line := range leftRunning(f.t, filepath.Join(f.data, "postgres")) {
			pid, _, _ := strings.Cut(line, " ")
			n, err := strconv.Atoi(pid)
			if err != nil {
				f.t.Fatal(err)
			}
			if n != f.cmd.Process.Pid {
				list = append(list, n)
			}
		}
		return list
	}
	var rooms []room
	for of, processes := range map[string]func() []int{"log": program, "database": database} {
		rooms = append(rooms, room{of, func() { limit(f.t, "8192", processes()) }, func() { limit(f.t, "unlimited", processes()) }, false})
	}
	return rooms
}
