package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const capDACReadSearch = 2

// account is who PostgreSQL runs as: ourselves, or, since it refuses root, an
// account that root hands it to.
type account struct {
	name     string
	uid, gid int
	drop     bool
	// readAll gives the child the right to pass through directories closed to
	// it, such as root's home. What it may write stays as it is.
	readAll bool
}

// accountFor is the owner of the cluster where there is one; else, for root,
// postgres or nobody.
func accountFor(cluster string) (account, error) {
	info, err := os.Stat(cluster)
	if errors.Is(err, fs.ErrNotExist) {
		return newAccount()
	}
	if err != nil {
		return account{}, fmt.Errorf("look at the database directory %s: %w", cluster, err)
	}
	return ownerAccount(cluster, info.Sys().(*syscall.Stat_t))
}

func newAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if a, ok := lookupAccount(name); ok {
			return a, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root and there is no account postgres or nobody: make one, or start as an ordinary user")
}

func lookupAccount(name string) (account, bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, false
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return account{name: name, uid: uid, gid: gid, drop: true}, uidErr == nil && gidErr == nil && uid != 0
}

func ownerAccount(cluster string, owner *syscall.Stat_t) (account, error) {
	uid := int(owner.Uid)
	switch {
	case uid == 0:
		return account{}, fmt.Errorf("%s belongs to root, as whom PostgreSQL refuses to run: chown -R it to postgres", cluster)
	case uid == os.Geteuid():
		return account{uid: uid, gid: int(owner.Gid)}, nil
	case os.Geteuid() == 0:
		return account{name: "uid " + strconv.Itoa(uid), uid: uid, gid: int(owner.Gid), drop: true}, nil
	}
	return account{}, fmt.Errorf("%s belongs to uid %d and you are uid %d: start as that account, or choose another --data", cluster, uid, os.Geteuid())
}

// reach makes sure that the account can run the program with dir as its
// working directory, with the right to pass through where it has to have it.
func (a *account) reach(ctx context.Context, program, dir string) error {
	if !a.drop {
		return nil // we have run the program and made the directory
	}
	err := a.command(ctx, dir, program, "--version").Run()
	if err != nil {
		a.readAll = true
		err = a.command(ctx, dir, program, "--version").Run()
	}
	if err != nil {
		return fmt.Errorf("%s cannot reach %s or run %s (%w): choose a --data it can reach, such as /var/lib/rackvidd, or start as an ordinary user", a.name, dir, program, err)
	}
	return nil
}

// command runs a program as the account, in dir. The shell goes there, because
// what attr grants takes effect when it starts and not before.
func (a *account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	script := []string{"-c", `cd "$0" && exec "$@"`, dir, program}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(script, args...)...)
	cmd.Env = serverEnv()
	cmd.SysProcAttr = a.attr(syscall.SIGKILL)
	return cmd
}

// attr puts the child in a process group of its own, out of reach of the
// terminal's Ctrl-C, and names the signal it gets when we die.
func (a *account) attr(onDeath syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: onDeath}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	if a.readAll {
		attr.AmbientCaps = []uintptr{capDACReadSearch}
	}
	return attr
}

func (a *account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}
