package node

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// child is a running process that gets a signal when this one dies.
type child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // readable when done is closed
}

// startChild keeps the thread that forks for as long as the child lives: the
// kernel sends the parent-death signal when that thread ends, not the process.
func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, done: make(chan struct{})}
	cmd.WaitDelay = 2 * time.Second
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.done)
		}
	}()
	return c, <-started
}

func (c *child) signal(s syscall.Signal) { _ = c.cmd.Process.Signal(s) }

func (c *child) exited(within time.Duration, give <-chan struct{}) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
	case <-give:
	}
	return false
}
