package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rackvidd/events/jetlog/jetlogtest"
	"rackvidd/projections/reach"
	"rackvidd/services/intake"
	"rackvidd/services/rackvidd/node"
)

// program is the built binary; the tests of this package run it as a person would.
var program string

// clusterDir is where cluster makes it.
var clusterDir string

// cluster makes, once, what every first start makes: a PostgreSQL with empty databases. That takes longer than the rest of a
// start, and is tried in package node.
var cluster = sync.OnceValue(func() error {
	server, err := node.StartPostgres(context.Background(), node.PostgresConfig{Dir: clusterDir})
	if err != nil {
		return err
	}
	return errors.Join(server.CreateDatabases(context.Background(), "rackvidd", "rackvidd_vault"), server.Stop(context.Background()))
})

// provide puts the cluster into a directory in which nothing was started yet.
func provide(data string) error {
	found, err := os.ReadDir(data)
	if err != nil || len(found) > 0 {
		return err
	}
	if err := cluster(); err != nil {
		return err
	}
	return exec.Command("cp", "-a", clusterDir, filepath.Join(data, "postgres")).Run()
}

const adminToken = "test-administrator-token-of-32-characters"

func TestMain(m *testing.M) {
	jetlogtest.ServeIfAsked()
	dir, err := os.MkdirTemp("", "rackvidd-test-")
	if err != nil {
		panic(err)
	}
	os.Chmod(dir, 0o711)
	program = filepath.Join(dir, "rackvidd")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Stderr = os.Stderr
	code := 1
	clusterDir = filepath.Join(dir, "cluster")
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// natsIn runs NATS by itself, as the program does, for services that are told where the log is.
func natsIn(t *testing.T, dir string) *node.NATS {
	t.Helper()
	server, err := node.StartNATS(t.Context(), node.NATSConfig{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

// server is a running `rackvidd serve`.
type server struct {
	data, address string
	cmd           *exec.Cmd
	output        *lockedBuffer
	exited        chan struct{}
	exitErr       error
}

// lockedBuffer collects what a process prints.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// dataDir is a directory that a dropped account can pass through.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rackvidd-data-")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o711)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve starts everything on a data directory and waits until it is ready.
func serve(t testing.TB, data string, flags ...string) *server {
	t.Helper()
	s := begin(t, data, flags...)
	s.awaitReady(t)
	return s
}

func begin(t testing.TB, data string, flags ...string) *server {
	t.Helper()
	if len(flags) == 0 {
		if err := provide(data); err != nil {
			t.Fatal(err)
		}
	}
	s, err := launch(data, flags...)
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	return s
}

// endsWith kills the program when a test ends, and shows what it printed where the test failed.
func (s *server) endsWith(t testing.TB) {
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			printed := s.output.String()
			for line := range strings.Lines(printed) {
				if strings.Contains(line, " status=500 ") || strings.Contains(line, " level=ERROR ") {
					t.Log(strings.TrimSpace(line))
				}
			}
			t.Logf("rackvidd serve printed last:\n%s", printed[max(0, len(printed)-4000):])
		}
	})
}

func launch(data string, flags ...string) (*server, error) { return launchWith(nil, data, flags...) }

// launchWith starts the program with settings of its environment.
func launchWith(settings []string, data string, flags ...string) (*server, error) {
	s := &server{data: data, output: &lockedBuffer{}, exited: make(chan struct{})}
	s.cmd = exec.Command(program, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, flags...)...)
	s.cmd.Env = append(append(cleanEnvironment(), "RACKVIDD_ADMIN_TOKEN="+adminToken), settings...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.exitErr = s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

func cleanEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "RACKVIDD_") {
			env = append(env, v)
		}
	}
	return env
}

func (s *server) awaitReady(t testing.TB) {
	t.Helper()
	if err := s.becomesReady(); err != nil {
		t.Fatal(err)
	}
}

// becomesReady waits for the line that names the address.
func (s *server) becomesReady() error {
	deadline := time.After(3 * time.Minute)
	for {
		for line := range strings.Lines(s.output.String()) {
			if address, ok := strings.CutPrefix(line, "ready "); ok && strings.HasSuffix(address, "\n") {
				s.address = strings.TrimSpace(address)
				return nil
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.exited:
			return fmt.Errorf("serve ended before it was ready: %v\n%s", s.exitErr, s.output)
		case <-deadline:
			s.cmd.Process.Signal(syscall.SIGQUIT) // it says what it waits for
			<-s.exited
			return fmt.Errorf("serve was not ready within three minutes:\n%s", s.output)
		}
	}
}

// kill ends the server with SIGKILL, whatever it is doing.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// stop ends the server as an operator would.
func (s *server) stop(t testing.TB) {
	t.Helper()
	begun := time.Now()
	s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
	if took := time.Since(begun); s.exitErr != nil || took > time.Minute {
		t.Errorf("stopped after %s: %v\n%s", took, s.exitErr, s.output)
	}
}

// rackvidd runs a client command against the server.
func (s *server) rackvidd(args ...string) (stdout, stderr string, code int) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(cleanEnvironment(), "RACKVIDD_SERVER="+s.address, "RACKVIDD_TOKEN="+adminToken)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	var exit *exec.ExitError
	if errors.As(cmd.Run(), &exit) {
		code = exit.ExitCode()
	}
	return out.String(), err.String(), code
}

// call sends a request; body may be nil, a CSV file as a string, a reader, or anything that becomes JSON.
func (s *server) call(ctx context.Context, method, path string, body any) (int, []byte, error) {
	var reader io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		reader, kind = strings.NewReader(b), "text/csv"
	case io.Reader:
		reader, kind = b, "application/octet-stream"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		reader = bytes.NewReader(raw)
	}
	status, raw, _, err := s.send(ctx, method, path, reader, map[string]string{"Content-Type": kind})
	return status, raw, err
}

// patient calls again where the read models have not come to what was asked for: a crowded machine takes its time.
func (s *server) patient(ctx context.Context, method, path string, body any) (status int, raw []byte, err error) {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, raw, err = s.call(ctx, method, path, body)
		if err != nil || status != http.StatusServiceUnavailable || !bytes.Contains(raw, []byte(":not_yet")) || time.Now().After(deadline) {
			return status, raw, err
		}
	}
}

// send sends a request with headers as the administrator.
func (s *server) send(ctx context.Context, method, path string, body io.Reader, headers map[string]string) (int, []byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.address+"/api/v1/"+path, body)
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return response.StatusCode, raw, response.Header, err
}

// bring imports a file over HTTP.
func (s *server) bring(ctx context.Context, municipality, source, file string) (summary intake.Summary, err error) {
	status, raw, err := s.patient(ctx, http.MethodPost, "municipalities/"+municipality+"/imports?source="+source, file)
	if err != nil {
		return summary, err
	}
	if status != http.StatusOK {
		return summary, fmt.Errorf("import answered %d: %s", status, raw)
	}
	return summary, json.Unmarshal(raw, &summary)
}

// figures reads reach figures.
func (s *server) figures(t testing.TB, municipality, query string) (f reach.Figures) {
	t.Helper()
	status, raw, err := s.patient(t.Context(), http.MethodGet, "municipalities/"+municipality+"/reach?"+query, nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("reach answered %d, %v: %s", status, err, raw)
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// leftRunning lists processes that still use the data directory.
func leftRunning(t testing.TB, data string) (list []string) {
	t.Helper()
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range commands {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		cwd, _ := os.Readlink(filepath.Join(filepath.Dir(path), "cwd"))
		if strings.Contains(string(raw), data) || strings.HasPrefix(cwd, data) {
			list = append(list, filepath.Base(filepath.Dir(path))+" "+strings.ReplaceAll(string(raw), "\x00", " "))
		}
	}
	return list
}

// nothingLeft waits a little until nothing runs on the data directory any more.
func nothingLeft(t testing.TB, data string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := leftRunning(t, data)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still running on the data directory:\n%s", strings.Join(left, "\n"))
		}
	}
}
