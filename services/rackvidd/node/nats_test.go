package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestTheLogSyncsBeforeItAcknowledges(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	if !n.server.JetStreamConfig().SyncAlways {
		t.Error("a message may be acknowledged before it is on disk")
	}
}

func TestTheLogListensOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	if !strings.HasPrefix(n.addr, "127.0.0.1:") {
		t.Errorf("listens on %s", n.addr)
	}
	conn, err := nats.Connect("nats://" + n.addr)
	if err == nil {
		conn.Close()
		t.Error("a client without a password is let in")
	}
}

func TestTheApplicationAppendsAndReads(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	makeStream(t, n, "EVENTS_0180")
	js := client(t, n.URL())
	ctx := soon(t)
	for i := range 3 {
		appendTo(t, js, "ev.0180.case.a", fmt.Sprint(i))
	}
	stream, err := js.Stream(ctx, "EVENTS_0180")
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.GetMsg(ctx, 2); err != nil || string(msg.Data) != "1" {
		t.Errorf("direct get of message 2: %v, %v", msg, err)
	}
	if msg, err := stream.GetLastMsgForSubject(ctx, "ev.0180.case.a"); err != nil || string(msg.Data) != "2" {
		t.Errorf("direct get of the last: %v, %v", msg, err)
	}
	consumer, err := js.OrderedConsumer(ctx, "EVENTS_0180", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if msg, err := consumer.Next(); err != nil || string(msg.Data()) != fmt.Sprint(i) {
			t.Errorf("ordered consumer's message %d: %v, %v", i, msg, err)
		}
	}
}

func TestTheApplicationAppendsABatchAsOne(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	makeStream(t, n, "EVENTS_0180")
	js := client(t, n.URL())
	for i := range 3 {
		msg := nats.NewMsg("ev.0180.case.a")
		msg.Header.Set("Nats-Batch-Id", "batch")
		msg.Header.Set("Nats-Batch-Sequence", fmt.Sprint(i+1))
		if i == 2 {
			msg.Header.Set("Nats-Batch-Commit", "1")
		}
		if _, err := js.Conn().RequestMsgWithContext(soon(t), msg); err != nil {
			t.Fatal(err)
		}
	}
	if got := messages(t, n, "EVENTS_0180"); got != 3 {
		t.Errorf("%d messages, want 3", got)
	}
}

func TestTheApplicationCannotChangeAStream(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	made := makeStream(t, n, "EVENTS_0180")
	js := client(t, n.URL())
	appendTo(t, js, "ev.0180.case.a", "kept")
	stream, err := js.Stream(soon(t), "EVENTS_0180")
	if err != nil {
		t.Fatal(err)
	}
	smaller := made
	smaller.MaxMsgs = 1
	other := jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"other"}}
	t.Run("cannot", func(t *testing.T) {
		for what, try := range map[string]func(context.Context) error{
			"delete it":        func(ctx context.Context) error { return js.DeleteStream(ctx, "EVENTS_0180") },
			"update it":        func(ctx context.Context) error { _, err := js.UpdateStream(ctx, smaller); return err },
			"create another":   func(ctx context.Context) error { _, err := js.CreateStream(ctx, other); return err },
			"purge it":         func(ctx context.Context) error { return stream.Purge(ctx) },
			"delete a message": func(ctx context.Context) error { return stream.DeleteMsg(ctx, 1) },
			"restore it": func(ctx context.Context) error {
				_, err := js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.RESTORE.EVENTS_0180", nil)
				return err
			},
			"listen to appends": func(context.Context) error { return listen(js.Conn(), "ev.>") },
		} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
				defer cancel()
				if err := try(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrPermissionViolation) {
					t.Errorf("answered with %v, want no answer", err)
				}
			})
		}
	})
	if got := messages(t, n, "EVENTS_0180"); got != 1 {
		t.Errorf("%d messages are left, want 1", got)
	}
}

func TestWhatWasAcknowledgedIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startNATS(t, dir)
	makeStream(t, first, "EVENTS_0180")
	for i := range 100 {
		appendTo(t, client(t, first.URL()), "ev.0180.case.a", fmt.Sprint(i))
	}
	first.Stop()
	second := startNATS(t, dir)
	if got := messages(t, second, "EVENTS_0180"); got != 100 {
		t.Errorf("%d messages after a restart, want 100", got)
	}
}

func TestOneServerHoldsALogForEveryMunicipality(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startNATS(t, dir)
	for i := range 300 {
		makeStream(t, first, fmt.Sprintf("EVENTS_%04d", i))
	}
	first.Stop()
	before := time.Now()
	second := startNATS(t, dir)
	t.Logf("300 streams started in %s", time.Since(before))
	info, err := client(t, second.URL()).AccountInfo(soon(t))
	if err != nil || info.Streams != 300 {
		t.Errorf("after a restart: %+v, %v, want 300 streams", info, err)
	}
}

func TestALogThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := StartNATS(soon(t), NATSConfig{StoreDir: taken})
	if err == nil || !strings.Contains(err.Error(), "not a directory") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
}

// TestALogThatIsClosedToTheAccountSaysWhoseItIs is of nats/ in the working directory, where root, to whom nothing is closed, made it.
func TestALogThatIsClosedToTheAccountSaysWhoseItIs(t *testing.T) {
	if os.Geteuid() == 0 {
		dir := dataDir(t)
		if err := os.Mkdir(filepath.Join(dir, "nats"), 0o700); err != nil {
			t.Fatal(err)
		}
		asNobody(t, dir, "-test.run=^"+t.Name()+"$")
		return
	}
	refused := func(dir, closed string, mode os.FileMode, owner int) {
		t.Helper()
		want := fmt.Sprintf("start the log in %s: %s belongs to uid %d (%s) and cannot be used by you, uid %d: change its owner or its mode (chown -R %d %s)",
			dir, closed, owner, os.ModeDir|mode, os.Geteuid(), os.Geteuid(), dir)
		if n, err := StartNATS(soon(t), NATSConfig{StoreDir: dir}); err == nil {
			n.Stop()
			t.Errorf("it starts, and not: %s", want)
		} else if err.Error() != want {
			t.Errorf("%v, and not: %s", err, want)
		}
	}
	if exists("nats") {
		refused("nats", "nats", 0o700, 0)
	}
	for _, folder := range []string{"", "jetstream"} {
		for _, mode := range []os.FileMode{0o500, 0o600, 0} {
			dir := t.TempDir()
			closed := filepath.Join(dir, folder)
			if err := errors.Join(os.MkdirAll(closed, 0o700), os.Chmod(closed, mode)); err != nil {
				t.Fatal(err)
			}
			refused(dir, closed, mode, os.Geteuid())
			if err := os.Chmod(closed, 0o700); err != nil { // to be removed
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir() // it is passed through, and nothing more
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "jetstream"), 0o700), os.Chmod(dir, 0o500)); err != nil {
		t.Fatal(err)
	}
	startNATS(t, dir).Stop()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func startNATS(t *testing.T, dir string) *NATS {
	t.Helper()
	n, err := StartNATS(soon(t), NATSConfig{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return n
}

func makeStream(t *testing.T, n *NATS, name string) jetstream.StreamConfig {
	t.Helper()
	cfg := jetstream.StreamConfig{
		Name:               name,
		Subjects:           []string{"ev." + strings.TrimPrefix(name, "EVENTS_") + ".>"},
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
	if _, err := client(t, n.BootstrapURL()).CreateStream(soon(t), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func client(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url, nats.PermissionErrOnSubscribe(true), nats.Timeout(30*time.Second), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// quiet keeps what the tests provoke off the screen.
func quiet() nats.Option {
	return nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
}

func appendTo(t *testing.T, js jetstream.JetStream, subject, text string) {
	t.Helper()
	if _, err := js.Publish(soon(t), subject, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func messages(t *testing.T, n *NATS, name string) uint64 {
	t.Helper()
	stream, err := client(t, n.BootstrapURL()).Stream(soon(t), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

func listen(conn *nats.Conn, subject string) error {
	sub, err := conn.SubscribeSync(subject)
	if err != nil {
		return err
	}
	_, err = sub.NextMsg(30 * time.Second)
	return err
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestWhoIsAnsweredThatTheDiskTookNothingFindsTheLogFull(t *testing.T) {
	n := &NATS{log: newNATSLog(nil)}
	if n.log.Errorf("Stream %q: a message is too old", "EVENTS_1880"); !n.Writable() {
		t.Fatal("any error of the server is taken for a full disk")
	}
	if n.log.Errorf("Filestore [%s] Critical write error: %v", "x", syscall.ENOSPC); n.Writable() {
		t.Fatal("the log is writable though its server has said that it is not")
	}
}
