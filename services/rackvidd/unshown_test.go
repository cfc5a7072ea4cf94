package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is both ends of one: what is typed and seen, and what a program reads from.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal("there are no terminals here:", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if program, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

func shows(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func TestATerminalDoesNotShowTheIdentityThatIsTyped(t *testing.T) {
	person, program := terminal(t)
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	asked, ask := io.Pipe()
	go func() {
		line, err := readUnshown(t.Context(), program, ask, "Write it:")
		done <- read{line, err}
	}()
	if _, err := io.ReadFull(asked, make([]byte, len("Write it:\n"))); err != nil {
		t.Fatal(err)
	}
	if _, err := person.WriteString("b-17\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.line != "b-17" || got.err != nil {
		t.Errorf("read was %q, %v", got.line, got.err)
	}
	if !shows(t, program) {
		t.Error("the terminal is left showing nothing")
	}
	if _, err := program.WriteString("done\n"); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for !strings.Contains(seen.String(), "done") {
		buf := make([]byte, 100)
		n, err := person.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(buf[:n])
	}
	if strings.Contains(seen.String(), "17") {
		t.Errorf("the terminal showed %q", seen.String())
	}
}

func TestWhoeverStopsAtTheQuestionHasTheTerminalBack(t *testing.T) {
	_, program := terminal(t)
	ctx, stop := context.WithCancel(t.Context())
	asked, ask := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := readUnshown(ctx, program, ask, "Write it:")
		done <- err
	}()
	if _, err := io.ReadFull(asked, make([]byte, len("Write it:\n"))); err != nil {
		t.Fatal(err)
	}
	stop()
	var stopped *stoppedError
	select {
	case err := <-done:
		if !errors.As(err, &stopped) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits still")
	}
	if !shows(t, program) {
		t.Error("the terminal is left showing nothing")
	}
}

func TestWhoeverFindsAChildTypesAnIdentityThatTheTerminalDoesNotShow(t *testing.T) {
	person, typed := terminal(t)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	find := exec.CommandContext(ctx, program, "child", "find", "--municipality", "1880")
	find.Env = append(cleanEnvironment(), "RACKVIDD_SERVER=http://127.0.0.1:1", "RACKVIDD_TOKEN=none")
	find.Stdin = typed
	said, err := find.StderrPipe()
	if err == nil {
		err = find.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(said)
	if asked, err := answer.ReadString('\n'); err != nil || !strings.Contains(asked, "Write the identity") {
		t.Errorf("it asks %q, %v", asked, err)
	}
	if shows(t, typed) {
		t.Error("while it asks the terminal shows what is typed")
	}
	if _, err := person.WriteString("b-17\n"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(answer); err != nil || !strings.Contains(string(rest), "127.0.0.1:1") || strings.Contains(string(rest), "b-17") {
		t.Errorf("it says %q, %v", rest, err)
	}
	if _ = find.Wait(); !shows(t, typed) { // nobody answers there
		t.Error("the terminal is left showing nothing")
	}
}
