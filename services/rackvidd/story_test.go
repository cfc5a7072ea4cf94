package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStories runs testdata/script: the program as people use it, end to end.
func TestStories(t *testing.T) {
	if err := os.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+os.Getenv("PATH"))
			root, err := filepath.Abs("../..")
			env.Setenv("ROOT", root)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": scriptServe, "remember": scriptRemember, "readme": scriptReadme},
	})
}

// scriptServe starts everything on a data directory of its own and points the client commands at it.
func scriptServe(ts *testscript.TestScript, _ bool, flags []string) {
	data, err := os.MkdirTemp("", "rackvidd-story-")
	ts.Check(err)
	ts.Check(os.Chmod(data, 0o711))
	s, err := launch(data, flags...)
	ts.Check(err)
	ts.Defer(func() {
		s.kill()
		os.RemoveAll(data)
	})
	ts.Check(s.becomesReady())
	ts.Setenv("RACKVIDD_SERVER", s.address)
	ts.Setenv("RACKVIDD_TOKEN", adminToken)
	ts.Setenv("DATA", data)
}

// scriptRemember keeps what a regular expression's first group finds in the last output: remember NAME PATTERN.
func scriptRemember(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: remember NAME PATTERN")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("%s is not in the output", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// scriptReadme writes the n-th shell block below a heading of the README to a file: readme HEADING N FILE.
func scriptReadme(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile("../../README.md")
	ts.Check(err)
	_, section, found := strings.Cut(string(text), "\n## "+args[0]+"\n")
	if !found {
		ts.Fatalf("the README has no section %s", args[0])
	}
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1)
	n := int(args[1][0] - '1')
	if n >= len(blocks) {
		ts.Fatalf("the section %s has %d shell blocks", args[0], len(blocks))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(blocks[n][1]), 0o600))
}
