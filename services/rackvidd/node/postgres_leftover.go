package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endLeftovers ends every server process that an earlier run left working in
// the directory: the postmaster is asked first, and what remains is killed.
func endLeftovers(ctx context.Context, cluster string) error {
	left := serversIn(cluster)
	if len(left) == 0 {
		return dropForeignPID(cluster)
	}
	if main := recordedPID(cluster); slices.Contains(left, main) {
		signalAll([]int{main}, syscall.SIGQUIT)
		gone(ctx, cluster, 5*time.Second)
	}
	signalAll(serversIn(cluster), syscall.SIGKILL)
	if gone(ctx, cluster, 5*time.Second) {
		return dropForeignPID(cluster)
	}
	return fmt.Errorf("an earlier PostgreSQL (pid %v) still runs on %s: stop it, or choose another --data", serversIn(cluster), cluster)
}

// serversIn recognises a server by its name and its working directory, which
// for all of its processes is the cluster: a number in a file may be anybody's by now.
func serversIn(cluster string) []int {
	want, err := os.Stat(cluster)
	if err != nil {
		return nil
	}
	var pids []int
	processes, _ := os.ReadDir("/proc")
	for _, process := range processes {
		pid, err := strconv.Atoi(process.Name())
		if err != nil {
			continue
		}
		at := filepath.Join("/proc", process.Name())
		comm, err := os.ReadFile(filepath.Join(at, "comm"))
		if err != nil || strings.TrimSpace(string(comm)) != "postgres" {
			continue
		}
		cwd, err := os.Stat(filepath.Join(at, "cwd"))
		if err == nil && os.SameFile(cwd, want) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func recordedPID(cluster string) int {
	pid, _ := strconv.Atoi(recorded(cluster, 0))
	return pid
}

// recorded is a line, from 0, of what a server writes about itself; "": there is none.
func recorded(cluster string, line int) string {
	text, _ := os.ReadFile(filepath.Join(cluster, recordFile))
	lines := strings.Split(string(text), "\n")
	if line >= len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line])
}

const recordFile = "postmaster.pid"

// dropForeignPID removes the note of a server that is gone when its number has
// passed to another process, for which PostgreSQL would refuse to start. Any
// other note stays: PostgreSQL finds its old shared memory by it.
func dropForeignPID(cluster string) error {
	pid := recordedPID(cluster)
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	return os.Remove(filepath.Join(cluster, recordFile))
}

// dropSocketLock removes the note beside a socket, whoever its number is of now: no server of ours runs, and the directory is ours.
func dropSocketLock(socket string) error {
	err := os.Remove(filepath.Join(socket, socketLockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

const socketLockFile = ".s.PGSQL.5432.lock"

func signalAll(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
}

func gone(ctx context.Context, cluster string, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for len(serversIn(cluster)) > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}
