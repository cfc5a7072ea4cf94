// Package browser tries the pages in a real browser, as people use them.
package browser

import (
	"bufio"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rackvidd/events"
)

var (
	whole  = flag.Bool("whole", false, "try everything in every way, and not in some, others in turn (decisions/0002)")
	update = flag.Bool("update", false, "write what a screen reader finds on the pages anew")
)

const fileLimit = 60 * time.Minute

// looked and told are the files that have a demonstration for themselves each, used by one after the other: what a newcomer sees and
// the pages are before anything happens, what administrators and those who answer for the data do, and what that leaves; and the
// stories of a day and a year, and what pages weigh then. The other files have one too, and last comes what leaves something everywhere.
var (
	looked = []string{"newcomer.test.mjs", "look.test.mjs", "administration.test.mjs", "privacy.test.mjs", "axe.test.mjs"}
	told   = []string{"stories.test.mjs", "troubles.test.mjs", "weights.test.mjs"}
	last   = "typing.test.mjs"
)

// TestInABrowser carries out the tests of this folder: the pages of three demonstrations at once, in Debian's Chromium
// without its window (decisions/0001).
func TestInABrowser(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		return file == last || slices.Contains(looked, file) || slices.Contains(told, file)
	})
	program := build(t, "../../rackvidd")
	for name, files := range map[string][]string{"looked at": looked, "told": told, "written to": append(files, last)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := demonstration(t, program)
			for _, file := range files {
				t.Run(file, func(t *testing.T) { carryOut(t, file, settings...) })
			}
		})
	}
}

// carryOut runs one file of tests with a browser.
func carryOut(t *testing.T, file string, settings ...string) {
	t.Helper()
	tools, err := filepath.Abs("../../../.tools/browser")
	if err != nil {
		t.Fatal(err)
	}
	chromium, err := exec.LookPath("chromium-headless-shell")
	if _, missing := os.Stat(filepath.Join(tools, "node_modules")); err != nil || missing != nil {
		t.Fatalf("the browser or what drives it is missing (%v, %v): run deploy/setup tests", err, missing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), fileLimit) // each test has a shorter limit of its own (site.mjs)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", file)
	node.Cancel = func() error { return node.Process.Signal(syscall.SIGTERM) } // it ends its own and says what it was about
	node.WaitDelay = 10 * time.Second
	node.Env = append(os.Environ(), append(settings, "RACKVIDD_BROWSER_TOOLS="+tools, "CHROMIUM="+chromium)...)
	if *update {
		node.Env = append(node.Env, "RACKVIDD_UPDATE=1")
	}
	if *whole || *update {
		node.Env = append(node.Env, "RACKVIDD_WHOLE=1")
	}
	if out, err := node.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", file, err, out)
	}
}

// build compiles a program of this repository, of another module where it stands in one, and returns where it is.
func build(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(dir))
	if out, err := exec.Command("go", "build", "-C", dir, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// demonstration runs the program's demo until the test ends, and returns the address and the ways in that it prints, as settings
// of a file of tests.
func demonstration(t *testing.T, program string) []string {
	t.Helper()
	now := time.Now().In(events.Sweden)
	if tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, events.Sweden); tomorrow.Sub(now) < 5*time.Minute {
		time.Sleep(time.Until(tomorrow)) // what is shown of its first day is compared
	}
	cmd := exec.Command(program, "demo", "--listen", "127.0.0.1:0")
	printed, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		_ = cmd.Wait()
	})
	line := regexp.MustCompile(`^(Address|Sign in|Password|Token) +(?:as )?([^\s,]+)`)
	found := make(chan map[string]string, 1)
	go func() {
		said := make(map[string]string)
		for lines := bufio.NewScanner(printed); lines.Scan(); {
			if m := line.FindStringSubmatch(lines.Text()); m != nil {
				said[m[1]] = m[2]
			}
			if strings.HasPrefix(lines.Text(), "Ctrl-C") {
				found <- said
			}
		}
		close(found)
	}()
	select {
	case said := <-found:
		if len(said) != 4 {
			t.Fatalf("the demonstration ends without an address and ways in: %v", said)
		}
		return []string{
			"RACKVIDD_SITE=" + said["Address"], "RACKVIDD_NAME=" + said["Sign in"], "RACKVIDD_PASSWORD=" + said["Password"], "RACKVIDD_TOKEN=" + said["Token"],
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("the demonstration prints no address")
	}
	return nil
}
