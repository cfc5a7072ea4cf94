package main

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/alecthomas/kong"
)

// commit is what the program was built from; make sets it.
var commit string

// version names the program, so that whoever holds a receipt can tell years later what computed it: the commit or release
// that it was built from, or else the digest of the program itself. Builds can be repeated, so that leads to the source too.
var version = sync.OnceValue(func() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	digest, err := digestOfProgram()
	if err != nil {
		return "unknown"
	}
	return "build-" + digest
})

// digestOfProgram is in letters above all: a run of digits could read as somebody's identity.
func digestOfProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	const characters = 20 // 100 bits
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:characters], nil
}

// versionFlag prints the version and ends.
type versionFlag bool

// BeforeReset is called when the flag is met.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	_, err := fmt.Fprintln(app.Stdout, version())
	app.Exit(0)
	return err
}
