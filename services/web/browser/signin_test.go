package browser

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The provider's client, as provider/main.go has it.
const (
	providerClient = "rackvidd"
	providerSecret = "a secret of the tests"
)

// TestSigningInInABrowser signs in by a real identity provider, and by a passkey in a virtual authenticator.
func TestSigningInInABrowser(t *testing.T) {
	t.Parallel()
	issuer := firstLine(t, exec.Command(build(t, "provider")), "http")
	data, err := os.MkdirTemp("", "rackvidd-signin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(data) })
	secret := filepath.Join(data, "openid.secret")
	if err := os.WriteFile(secret, []byte(providerSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o711); err != nil { // PostgreSQL runs as another user where this is root
		t.Fatal(err)
	}
	program := build(t, "../../rackvidd")
	serve := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0",
		"--openid-issuer", issuer, "--openid-client", providerClient, "--openid-secret", secret, "--openid-levels", "loa3,loa4")
	serve.Stderr = os.Stderr
	address := strings.TrimPrefix(firstLine(t, serve, "ready "), "ready ")
	carryOut(t, "signin/signin.test.mjs", "RACKVIDD_SITE="+strings.Replace(address, "127.0.0.1", "localhost", 1), "RACKVIDD_PASSWORD=häst batteri klammer",
		"RACKVIDD_PROVIDER="+issuer, "RACKVIDD_PROVIDER_CLIENT="+providerClient+":"+providerSecret, "RACKVIDD_PROGRAM="+program, "RACKVIDD_DATA="+data, "RACKVIDD_SERVER="+address)
}

// firstLine starts a program until the test ends, and returns the first line it prints that begins so.
func firstLine(t *testing.T, cmd *exec.Cmd, prefix string) string {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		_ = cmd.Wait()
	})
	found := make(chan string, 1)
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(printed); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), prefix) {
				found <- lines.Text()
			}
		}
	}()
	select {
	case line := <-found:
		if line != "" {
			return line
		}
	case <-time.After(5 * time.Minute):
	}
	t.Fatalf("%s says no line that begins with %q", cmd, prefix)
	return ""
}
