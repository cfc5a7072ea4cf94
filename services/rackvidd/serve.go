package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"rackvidd/services/api"
)

// serveCommand runs services on this machine.
type serveCommand struct {
	Services []string `arg:"" optional:"" enum:"vault,projector,api,web,guests,archiver" help:"Services to run: vault, projector, api, web, guests, archiver; all when none is named."`

	Listen             string        `help:"Address the API and the web pages, or the health page of other services, is served on; the vault by itself has it on its own." env:"RACKVIDD_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	NATSURL            string        `name:"nats-url" help:"NATS server; none: one is run here, with its store in DATA/nats, where api and projector run together." env:"RACKVIDD_NATS_URL" placeholder:"URL"`
	NATSBootstrapURL   string        `name:"nats-bootstrap-url" help:"NATS server with the user that may create streams." env:"RACKVIDD_NATS_BOOTSTRAP_URL" placeholder:"URL"`
	NATSReplicas       int           `name:"nats-replicas" help:"Copies a cluster keeps of each stream." env:"RACKVIDD_NATS_REPLICAS" default:"1"`
	DatabaseURL        string        `help:"PostgreSQL database of the read models; none: a private server is run here, in DATA/postgres, where api and projector run together." env:"RACKVIDD_DATABASE_URL" placeholder:"URL"`
	ReadingDatabaseURL string        `help:"The same database, as the role that reads one municipality at a time (rackvidd_reader); default: the role of RACKVIDD_DATABASE_URL becomes it." env:"RACKVIDD_READING_DATABASE_URL" placeholder:"URL"`
	VaultDatabaseURL   string        `help:"PostgreSQL database of the vault; default: rackvidd_vault on the same server." env:"RACKVIDD_VAULT_DATABASE_URL" placeholder:"URL"`
	VaultURL           string        `name:"vault-url" help:"The vault, where it is run elsewhere." env:"RACKVIDD_VAULT_URL" placeholder:"URL"`
	VaultDir           string        `help:"The vault's directory; default: DATA/vault." env:"RACKVIDD_VAULT_DIR" placeholder:"DIR"`
	VaultListen        string        `help:"Address the vault is served on when it runs as a service of its own." env:"RACKVIDD_VAULT_LISTEN" default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	VaultCredential    string        `help:"What services show the vault, 32 characters or more; default: a file in DATA/vault." env:"RACKVIDD_VAULT_CREDENTIAL" placeholder:"SECRET"`
	IndexKeys          string        `help:"Keys of the vault's index, 'version hex' a line; default: a file in DATA/vault." env:"RACKVIDD_INDEX_KEYS" placeholder:"KEYS"`
	SigningKey         string        `help:"64 hex digits, from which the key is made that signs this installation's answers; default: a file in DATA." env:"RACKVIDD_SIGNING_KEY" placeholder:"KEY"`
	Archive            string        `help:"Directory of the archive, the transparency log of each municipality; default: DATA/archive." env:"RACKVIDD_ARCHIVE" placeholder:"DIR"`
	Contact            string        `help:"Whom people tell what is not accessible on the pages: an e-mail address, a telephone number or a page's address." env:"RACKVIDD_CONTACT" placeholder:"WHERE"`
	ScrubEvery         time.Duration `help:"How often every byte of every log and archive, and the read models, are checked in the background." env:"RACKVIDD_SCRUB_EVERY" default:"12h" placeholder:"TIME"`
	AdminToken         string        `help:"A bearer token with every role in every municipality, for automation and tests." env:"RACKVIDD_ADMIN_TOKEN" placeholder:"TOKEN"`
	Forms              string        `help:"Directory of more survey forms, one *.yaml each; default: DATA/forms." env:"RACKVIDD_FORMS" placeholder:"DIR"`
	Threshold          int           `help:"The fewest children that are told exactly outside a municipality: 3 to 10." env:"RACKVIDD_THRESHOLD" default:"5" placeholder:"N"`
	OpenIDIssuer       string        `name:"openid-issuer" help:"Address of an OpenID Connect provider that people may sign in by." env:"RACKVIDD_OPENID_ISSUER" placeholder:"URL"`
	OpenIDClient       string        `name:"openid-client" help:"What the provider knows this installation as; it leads back to /login/openid/answer." env:"RACKVIDD_OPENID_CLIENT" placeholder:"ID"`
	OpenIDSecret       string        `name:"openid-secret" help:"File with what this installation shows the provider." env:"RACKVIDD_OPENID_SECRET_FILE" type:"path" placeholder:"FILE"`
	OpenIDLevels       []string      `name:"openid-levels" help:"Levels of assurance (acr), one of which the provider must vouch for; any when none is named." env:"RACKVIDD_OPENID_LEVELS" placeholder:"ACR"`
	OpenIDClaim        string        `name:"openid-claim" help:"The claim that says who it is, which is never given to somebody else." env:"RACKVIDD_OPENID_CLAIM" default:"sub" placeholder:"NAME"`
	PGBin              string        `name:"pg-bin" help:"Directory of PostgreSQL's server programs." env:"PG_BIN" placeholder:"DIR"`
	LogLevel           string        `help:"debug, info, warn or error." env:"RACKVIDD_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
	Invented           bool          `kong:"-"` // nothing here is about anybody, and each page says so
}

var allServices = []string{"vault", "projector", "api", "web", "guests", "archiver"}

func (c *serveCommand) Run(env *environment) error {
	if len(c.Services) == 0 {
		c.Services = slices.Clone(allServices)
	}
	slices.Sort(c.Services)
	c.Services = slices.Compact(c.Services)
	for _, one := range [][2]string{{"RACKVIDD_ADMIN_TOKEN", c.AdminToken}, {"RACKVIDD_VAULT_CREDENTIAL", c.VaultCredential}} {
		if name, secret := one[0], one[1]; secret != "" && len(secret) < 32 {
			return &usageError{fmt.Errorf("%s has fewer than 32 characters; choose a longer one", name)}
		}
	}
	if c.runs("web") && !c.runs("api") {
		return &usageError{errors.New("web is served beside the API; name api as well")}
	}
	if c.Threshold < 3 || c.Threshold > 10 {
		return &usageError{errors.New("RACKVIDD_THRESHOLD must be 3 to 10")}
	}
	if c.NATSReplicas < 1 || c.NATSReplicas > 5 {
		return &usageError{errors.New("RACKVIDD_NATS_REPLICAS must be 1 to 5, and no more than there are servers")}
	}
	if c.ScrubEvery < 0 {
		return &usageError{errors.New("RACKVIDD_SCRUB_EVERY is less than nothing; write a time such as 12h")}
	}
	if _, err := c.openID(); err != nil {
		return err
	}
	suitRuntime()
	return c.serve(env, func(address string) {
		fmt.Fprintf(env.out, "ready %s\n", address)
		if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
			fmt.Fprintf(env.err, "rackvidd: systemd was not told that it is ready, and waits: %v\n", err)
		}
	})
}

func (c *serveCommand) runs(service string) bool { return slices.Contains(c.Services, service) }

// alone reports whether every service runs in this one process.
func (c *serveCommand) alone() bool { return len(c.Services) == len(allServices) }

// serve runs the services until the context ends or one of them fails. ready is told the address once all is caught up.
func (c *serveCommand) serve(env *environment, ready func(address string)) (err error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return &usageError{err}
	}
	log := slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: level}))
	for _, name := range strangers(os.Environ()) {
		log.Warn("a variable of the environment is no setting, and does nothing; rackvidd serve --help names all", "variable", name)
	}
	ctx, cancel := context.WithCancelCause(env)
	defer cancel(nil)
	p := &parts{serveCommand: c, data: env.settings.Data, log: log, fail: cancel}
	defer p.close()
	if err := p.start(ctx); err != nil {
		if env.Err() != nil {
			return nil // stopped before it was ready
		}
		return err
	}
	var answering, working sync.WaitGroup
	address, err := p.listen(ctx, &answering)
	// Requests under way wait for what they recorded to be visible: the projector goes on until they are answered.
	background, rest := context.WithCancel(context.WithoutCancel(ctx))
	defer rest()
	if err != nil {
		cancel(err)
	} else {
		p.run(background, &working)
		if p.caughtUp(ctx) == nil {
			ready("http://" + address)
		}
	}
	<-ctx.Done()
	answering.Wait()
	rest()
	working.Wait()
	if cause := context.Cause(ctx); env.Err() == nil && cause != nil {
		return cause
	}
	return nil
}

// listen opens what is served here, and returns the address of the API or of the health page.
func (p *parts) listen(ctx context.Context, running *sync.WaitGroup) (address string, err error) {
	if p.runs("vault") && !p.alone() {
		// A vault by itself tells its health where it is asked everything else.
		if address, err = p.serveVault(ctx, running); err != nil || !p.usesLog() {
			return address, err
		}
	}
	listener, err := net.Listen("tcp", p.Listen)
	if err != nil {
		return "", &usageError{fmt.Errorf("listen on %s: %w; choose another address with --listen or RACKVIDD_LISTEN", p.Listen, err)}
	}
	handler, err := p.handler(ctx)
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}
	serveHTTP(ctx, running, listener, handler, p.fail)
	return listener.Addr().String(), nil
}

// serveHTTP serves until the context ends, and gives requests under way 5 seconds to finish.
func serveHTTP(ctx context.Context, running *sync.WaitGroup, listener net.Listener, handler http.Handler, fail context.CancelCauseFunc) {
	server := api.NewServer(handler)
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(fmt.Errorf("serve on %s: %w", listener.Addr(), err))
		}
	})
	running.Go(func() {
		<-ctx.Done()
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer stop()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	})
}

func (p *parts) vaultDir() string { return cmp.Or(p.VaultDir, p.path("vault")) }

func (p *parts) path(elements ...string) string {
	return filepath.Join(append([]string{p.data}, elements...)...)
}
