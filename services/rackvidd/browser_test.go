package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInABrowser carries out what is in services/web/browser: the pages of the demonstration, in Debian's Chromium.
func TestInABrowser(t *testing.T) {
	tools, err := filepath.Abs("../../.tools/browser")
	if err != nil {
		t.Fatal(err)
	}
	chromium, err := exec.LookPath("chromium")
	if _, missing := os.Stat(filepath.Join(tools, "node_modules")); err != nil || missing != nil {
		t.Fatalf("the browser or what drives it is missing (%v, %v): run deploy/setup tests", err, missing)
	}
	address, password := demonstration(t)
	for _, file := range []string{"stories.test.mjs", "axe.test.mjs"} {
		node := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", filepath.Join("../web/browser", file))
		node.Env = append(cleanEnvironment(), "RACKVIDD_SITE="+address, "RACKVIDD_PASSWORD="+password, "RACKVIDD_BROWSER_TOOLS="+tools, "CHROMIUM="+chromium)
		if out, err := node.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

// demonstration runs rackvidd demo until the test ends, and returns the address and the way in that it prints.
func demonstration(t *testing.T) (address, password string) {
	t.Helper()
	cmd := exec.Command(program, "demo")
	cmd.Env = cleanEnvironment()
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
	line := regexp.MustCompile(`^(Address|Password) +(\S+)$`)
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
		if said["Address"] == "" || said["Password"] == "" {
			t.Fatalf("the demonstration ends without an address and a way in: %v", said)
		}
		return said["Address"], said["Password"]
	case <-time.After(2 * time.Minute):
		t.Fatal("the demonstration prints no address")
	}
	return "", ""
}
