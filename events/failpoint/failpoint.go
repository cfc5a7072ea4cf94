// Package failpoint lets the program be killed at a step that was named beforehand: before and after whatever has to
// last is made to last. Tests of crashes use it; without the setting a step costs a comparison of two strings.
package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Setting is the environment variable that arms one: a step's name, or name:n for the n-th time it is reached.
const Setting = "RACKVIDD_FAILPOINT"

// Step is a point that can be named.
type Step string

// The steps, in the order in which a record meets them.
const (
	BeforeVaultCommit   Step = "vault-commit"
	AfterVaultCommit    Step = "vault-committed"
	BeforeAppend        Step = "append"
	WithinBatch         Step = "append-batch" // all of it is sent but the message that commits it
	AfterAppend         Step = "appended"
	BeforeCheckpoint    Step = "projection-commit"
	AfterCheckpoint     Step = "projection-committed"
	BeforeArchiveDir    Step = "archive make directory"
	BeforeArchiveWrite  Step = "archive write"
	BeforeArchiveRename Step = "archive rename"
	BeforeArchiveSync   Step = "archive sync directory"
	BeforeArchiveRemove Step = "archive remove"
	BeforeSwitch        Step = "rebuild-switch"
	AfterSwitch         Step = "rebuild-switched"
)

// The steps of repairs, key rotations, backups and restores.
const (
	BeforeRename         Step = "rename" // of a finding, a statement, a record of a repair, of a handover or of a key that was begun, in its place
	BeforeStatementAside Step = "statement-aside"
	BeforeArchiveMove    Step = "archive move"
	BeforeStreamDelete   Step = "stream-delete"
	AfterStreamDelete    Step = "stream-deleted"
	WithinStreamFill     Step = "stream-fill"
	AfterHandover        Step = "key-handed-over"
	BeforeBackupLink     Step = "backup-link"
	BeforeRestoreRename  Step = "restore-rename"
)

// Steps are those that a day brings.
var Steps = []Step{
	BeforeVaultCommit, AfterVaultCommit, BeforeAppend, WithinBatch, AfterAppend, BeforeCheckpoint, AfterCheckpoint,
	BeforeArchiveDir, BeforeArchiveWrite, BeforeArchiveRename, BeforeArchiveSync, BeforeArchiveRemove, BeforeSwitch, AfterSwitch,
}

// RepairSteps are those that a repair meets.
var RepairSteps = []Step{BeforeRename, BeforeArchiveMove, BeforeStreamDelete, AfterStreamDelete, WithinStreamFill, BeforeStatementAside}

type point struct {
	step Step
	left atomic.Int64
}

var armed = sync.OnceValue(func() *point {
	name, times, _ := strings.Cut(os.Getenv(Setting), ":")
	p := &point{step: Step(name)}
	n, err := strconv.ParseInt(times, 10, 64)
	if err != nil || n < 1 {
		n = 1
	}
	p.left.Store(n)
	return p
})

// At ends the process, as a power cut would, where the step is the one that was named.
func At(s Step) {
	if p := armed(); p.step == s && p.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until it is
	}
}
