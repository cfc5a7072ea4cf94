// Package jetlogtest runs NATS servers that keep a log together and can be killed, for tests.
package jetlogtest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events/logtest"
)

// asServer names the directory of the server that a test's binary is run as: it has nats-server in it, and can be killed.
const asServer = "JETLOGTEST_SERVER_IN"

// ServeIfAsked is nats-server where Servers has started it, and does not return then. TestMain has to begin with it.
func ServeIfAsked() {
	dir := os.Getenv(asServer)
	if dir == "" {
		return
	}
	options, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ExitOnError), os.Args[1:], nil, nil, nil)
	if err != nil {
		server.PrintAndDie(err.Error())
	}
	options.StoreDir = filepath.Join(dir, options.StoreDir)
	s, err := server.NewServer(options)
	if err != nil {
		server.PrintAndDie(err.Error())
	}
	s.ConfigureLogger()
	s.Start()
	go func() { // it goes with whoever started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	s.WaitForShutdown()
	os.Exit(0)
}

// Servers are three NATS servers that keep a copy of each stream, each a process of its own, with what deploy/nats/cluster.conf says
// but where they listen and keep their files.
type Servers struct {
	t       *testing.T
	config  string
	dir     string
	clients [3]int // ports
	routes  [3]int
	running [3]*exec.Cmd
}

const password = "0123456789"

// StartServers returns when each of them can have a copy of a stream.
func StartServers(t *testing.T, config, dir string) *Servers {
	t.Helper()
	s := &Servers{t: t, config: config, dir: dir}
	for n := range s.running {
		s.clients[n], s.routes[n] = logtest.Port(t), logtest.Port(t)
	}
	for n := range s.running {
		s.Start(n)
	}
	t.Cleanup(func() {
		for n := range s.running {
			s.Kill(n)
			if t.Failed() {
				raw, _ := os.ReadFile(s.Dir(n) + ".log")
				t.Logf("%s printed last:\n%s", nameOf(n), raw[max(0, len(raw)-4000):])
			}
		}
	})
	js := s.JetStream()
	s.until(func(ctx context.Context) error {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "PLACED", Subjects: []string{"ev.placed"}, Replicas: len(s.running)})
		if err == nil {
			err = js.DeleteStream(ctx, "PLACED")
		}
		return err
	})
	return s
}

func nameOf(n int) string { return fmt.Sprint("nats-", n+1) }

// Dir is where a server keeps its files.
func (s *Servers) Dir(n int) string { return filepath.Join(s.dir, nameOf(n)) }

// Start starts a server, also one that was killed.
func (s *Servers) Start(n int) {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(self, "--config", s.config, "--addr", "127.0.0.1", "--port", fmt.Sprint(s.clients[n]), "--http_port", "0",
		"--cluster", fmt.Sprintf("nats://route:%s@127.0.0.1:%d", password, s.routes[n]), "--log", s.Dir(n)+".log")
	cmd.Env = append(os.Environ(), asServer+"="+s.Dir(n), fmt.Sprintf("NATS_SERVER_NAME=%q", nameOf(n)))
	for _, name := range []string{"NATS_ROUTE_PASSWORD", "NATS_APP_PASSWORD", "NATS_BOOTSTRAP_PASSWORD"} {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%q", name, password))
	}
	for i, port := range s.routes {
		cmd.Env = append(cmd.Env, fmt.Sprintf("NATS_ROUTE_%d=%q", i+1, fmt.Sprintf("nats://route:%s@127.0.0.1:%d", password, port)))
	}
	cmd.Stderr = os.Stderr
	if _, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.running[n] = cmd
}

// Kill ends a server without a word.
func (s *Servers) Kill(n int) {
	if s.running[n] == nil {
		return
	}
	s.running[n].Process.Kill()
	s.running[n].Wait()
	s.running[n] = nil
}

// URL is where all are, for one of the users app and bootstrap.
func (s *Servers) URL(user string) string {
	var list []string
	for _, port := range s.clients {
		list = append(list, fmt.Sprintf("nats://%s:%s@127.0.0.1:%d", user, password, port))
	}
	return strings.Join(list, ",")
}

// Connect connects to one that runs, and to another when that is gone.
func (s *Servers) Connect(user string) *nats.Conn {
	s.t.Helper()
	return s.connect(s.URL(user))
}

func (s *Servers) connect(url string, options ...nats.Option) *nats.Conn {
	s.t.Helper()
	conn, err := nats.Connect(url, append(options, nats.RetryOnFailedConnect(true), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1))...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	return conn
}

// ConnectTo is Connect, but to a certain one as long as that runs.
func (s *Servers) ConnectTo(n int, user string) *nats.Conn {
	s.t.Helper()
	all := strings.Split(s.URL(user), ",")
	return s.connect(strings.Join(append(all[n:], all[:n]...), ","), nats.DontRandomize())
}

// JetStream is it as whoever may do everything.
func (s *Servers) JetStream() jetstream.JetStream {
	s.t.Helper()
	js, err := jetstream.New(s.Connect("bootstrap"))
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

// Leader is the server that leads a stream.
func (s *Servers) Leader(stream string) (leader int) {
	s.t.Helper()
	s.untilStream(stream, func(info *jetstream.StreamInfo) error {
		for n := range s.running {
			if nameOf(n) == info.Cluster.Leader {
				leader = n
				return nil
			}
		}
		return fmt.Errorf("nobody leads %s", stream)
	})
	return leader
}

// AwaitCopies waits until so many servers have all of a stream, and one leads it.
func (s *Servers) AwaitCopies(stream string, copies int) {
	s.t.Helper()
	s.untilStream(stream, func(info *jetstream.StreamInfo) error {
		current := 1
		for _, copied := range info.Cluster.Replicas {
			if copied.Current {
				current++
			}
		}
		if info.Cluster.Leader == "" || info.Config.Replicas != copies || current != copies {
			return fmt.Errorf("%s is to have %d copies, and %d are led by %q", stream, info.Config.Replicas, current, info.Cluster.Leader)
		}
		return nil
	})
}

// untilStream looks at a stream, as its leader has it, until it is right.
func (s *Servers) untilStream(stream string, right func(*jetstream.StreamInfo) error) {
	s.t.Helper()
	js := s.JetStream()
	s.until(func(ctx context.Context) error {
		led, err := js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		return right(led.CachedInfo())
	})
}

func (s *Servers) until(do func(context.Context) error) {
	s.t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		err := do(ctx)
		cancel()
		if err == nil {
			return
		}
		if time.Since(begun) > time.Minute {
			s.t.Fatal(err)
		}
	}
}
