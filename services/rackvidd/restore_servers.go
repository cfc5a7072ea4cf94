package main

import (
	"context"

	"rackvidd/events/jetlog"
	"rackvidd/services/rackvidd/node"
)

// servers are those that a restore fills.
type servers interface {
	// logs is where streams can be made.
	logs() (jetlog.Config, error)
	// databases are the addresses of the main database and of the vault's.
	databases() (main, vault string, err error)
	close() error
}

// serversHere are run in the data directory for as long as they are filled.
type serversHere struct {
	restoring *restoring
	parts     parts
	postgres  *node.Postgres
}

func (s *serversHere) logs() (cfg jetlog.Config, err error) {
	server, err := node.StartNATS(s.restoring.env, node.NATSConfig{StoreDir: s.restoring.path("nats"), Log: s.restoring.log})
	if err != nil {
		return cfg, err
	}
	s.parts.log = s.restoring.log
	s.parts.closing(server.Stop)
	cfg.Writable = server.Writable
	if cfg.Conn, err = s.parts.connect("RACKVIDD_NATS_URL", server.URL()); err == nil {
		cfg.Bootstrap, err = s.parts.connect("RACKVIDD_NATS_BOOTSTRAP_URL", server.BootstrapURL())
	}
	return cfg, err
}

func (s *serversHere) databases() (main, vault string, err error) {
	s.postgres, err = node.StartPostgres(s.restoring.env, node.PostgresConfig{Dir: s.restoring.path("postgres"), Bin: s.restoring.PGBin, Log: s.restoring.log})
	if err != nil {
		return "", "", err
	}
	const tables, tokens = "rackvidd", "rackvidd_vault"
	return s.postgres.DSN(tables), s.postgres.DSN(tokens), s.postgres.CreateDatabases(s.restoring.env, tables, tokens)
}

func (s *serversHere) close() (err error) {
	s.parts.close()
	if s.postgres != nil {
		err = s.postgres.Stop(context.WithoutCancel(s.restoring.env))
	}
	return err
}
