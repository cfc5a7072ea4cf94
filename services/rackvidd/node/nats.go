package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/crypto/bcrypt"
)

// NATSConfig says where the embedded log keeps its messages.
type NATSConfig struct {
	StoreDir string
	Log      *slog.Logger
}

// NATS is an embedded server with JetStream. It listens on loopback, on a port
// of its own choosing, to two accounts whose passwords live as long as it does.
type NATS struct {
	dir       string
	port      int
	log       *natsLog
	mu        sync.Mutex
	server    *server.Server
	addr      string
	app       *url.Userinfo
	bootstrap *url.Userinfo
	unwatch   context.CancelFunc
	watched   chan struct{}
}

// StartNATS returns when clients can connect; ctx bounds the start alone.
// Every acknowledged message has been synced to disk.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	n := &NATS{
		dir: cfg.StoreDir, port: server.RANDOM_PORT, log: newNATSLog(cfg.Log), watched: make(chan struct{}),
		app: url.UserPassword("app", rand.Text()), bootstrap: url.UserPassword("bootstrap", rand.Text()),
	}
	err := n.closed()
	if err == nil {
		err = n.mendNumbers(ctx)
	}
	if err == nil {
		err = n.begin(ctx)
	}
	if err != nil {
		n.halt()
		return nil, err
	}
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	n.unwatch = unwatch
	go n.watch(watching)
	return n, nil
}

// closed says whose the log's directory is where this account cannot use it: the server says that it is no directory.
func (n *NATS) closed() error {
	const use = 7 // read, write and pass through
	for _, dir := range []string{filepath.Join(n.dir, server.JetStreamStoreDir), n.dir} {
		err := syscall.Access(dir, use)
		if err == nil {
			return nil
		}
		if info, unseen := os.Stat(dir); unseen == nil && info.IsDir() && errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("start the log in %s: %s belongs to uid %d (%s) and cannot be used by you, uid %d: change its owner or its mode (chown -R %[5]d %[1]s)",
				n.dir, dir, info.Sys().(*syscall.Stat_t).Uid, info.Mode(), os.Geteuid())
		}
	}
	return nil
}

// begin starts the server, a second time on the same port.
func (n *NATS) begin(ctx context.Context) error {
	s, err := server.NewServer(n.options(n.dir))
	if err != nil {
		return fmt.Errorf("set up the log in %s: %w", n.dir, err)
	}
	n.mu.Lock()
	n.server = s
	n.mu.Unlock()
	s.SetLoggerV2(n.log, false, false, false)
	go s.Start()
	if err := n.ready(ctx, n.log); err != nil {
		return fmt.Errorf("start the log in %s: %w", n.dir, err)
	}
	return nil
}

// URL connects as the application, which may append and read but not change a stream.
func (n *NATS) URL() string { return n.url(n.app) }

// BootstrapURL connects as the account that may do everything.
func (n *NATS) BootstrapURL() string { return n.url(n.bootstrap) }

// Stop returns when the server has let go of its files. It may be called again.
func (n *NATS) Stop() {
	n.unwatch()
	<-n.watched
	n.halt()
}

func (n *NATS) halt() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
	}
}

func (n *NATS) url(user *url.Userinfo) string {
	u := url.URL{Scheme: "nats", User: user, Host: n.addr}
	return u.String()
}

func (n *NATS) options(storeDir string) *server.Options {
	return &server.Options{
		ServerName: "rackvidd",
		Host:       "127.0.0.1",
		Port:       n.port,
		NoSigs:     true,
		JetStream:  true,
		StoreDir:   storeDir,
		SyncAlways: true,
		MaxPayload: server.MAX_PAYLOAD_SIZE,
		// Streams are files, and only the disk limits them: the default is three
		// quarters of what is free at the moment of starting.
		JetStreamMaxMemory: 64 << 20,
		JetStreamMaxStore:  1 << 60,
		Users:              []*server.User{natsUser(n.bootstrap, nil), natsUser(n.app, appPermissions())},
	}
}

func natsUser(info *url.Userinfo, may *server.Permissions) *server.User {
	password, _ := info.Password()
	// The server warns of passwords that are not hashed. The lowest cost will do for 128 random bits.
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err) // only a password over 72 bytes is refused
	}
	return &server.User{Username: info.Username(), Password: string(hashed), Permissions: may}
}

// appPermissions leaves out every request that changes, empties, deletes or
// restores a stream: an update with a limit drops messages in spite of DenyDelete.
func appPermissions() *server.Permissions {
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			"ev.>",
			"$JS.API.INFO",
			"$JS.API.STREAM.INFO.*",
			"$JS.API.STREAM.NAMES",
			"$JS.API.STREAM.LIST",
			"$JS.API.STREAM.MSG.GET.*",
			"$JS.API.DIRECT.GET.>",
			"$JS.API.CONSUMER.>",
			"$JS.FC.>",
			"$JS.ACK.>",
			"_INBOX.>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}
}

func (n *NATS) ready(ctx context.Context, log *natsLog) error {
	for !n.server.ReadyForConnections(50 * time.Millisecond) {
		select {
		case text := <-log.fatal:
			return fmt.Errorf("nats server: %s", text)
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	n.addr = n.server.Addr().String()
	n.port = n.server.Addr().(*net.TCPAddr).Port
	return nil
}
