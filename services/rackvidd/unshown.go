package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// readUnshown reads one line that nobody may see. A terminal is asked for it, and shows nothing of what is typed until it is read.
func readUnshown(ctx context.Context, in *os.File, ask io.Writer, question string) (string, error) {
	shown, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil { // no terminal
		return readLine(in)
	}
	unshown := *shown
	unshown.Lflag = unshown.Lflag&^unix.ECHO | unix.ECHONL
	if err := unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, &unshown); err != nil {
		return "", fmt.Errorf("keep the terminal from showing what is typed: %w", err)
	}
	defer func() { _ = unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, shown) }() // as it was read from there, or the terminal is gone
	fmt.Fprintln(ask, question)
	type read struct {
		line string
		err  error
	}
	done := make(chan read, 1)
	go func() { // it ends with the line, or with the program
		line, err := readLine(in)
		done <- read{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", &stoppedError{"nothing was asked of the server"}
	}
}

func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 1000)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(line), nil
}
