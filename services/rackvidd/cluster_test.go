package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"rackvidd/events/logtest"
)

// clusterOf starts three NATS servers with what deploy/nats/cluster.conf says, but where they listen and keep their files.
func clusterOf(t *testing.T) (servers []*natsserver.Server, flags []string) {
	t.Helper()
	const password = "0123456789"
	ports := []int{logtest.Port(t), logtest.Port(t), logtest.Port(t)}
	for n, port := range ports {
		t.Setenv(fmt.Sprint("NATS_ROUTE_", n+1), fmt.Sprintf(`"nats://route:%s@127.0.0.1:%d"`, password, port))
	}
	for _, name := range []string{"NATS_ROUTE_PASSWORD", "NATS_APP_PASSWORD", "NATS_BOOTSTRAP_PASSWORD"} {
		t.Setenv(name, `"`+password+`"`)
	}
	dir := dataDir(t)
	for n, port := range ports {
		t.Setenv("NATS_SERVER_NAME", fmt.Sprint("nats-", n+1))
		options, err := natsserver.ProcessConfigFile("../../deploy/nats/cluster.conf")
		if err != nil {
			t.Fatal(err)
		}
		options.Host, options.Port, options.HTTPPort, options.NoSigs, options.NoLog = "127.0.0.1", -1, 0, true, true
		options.Cluster.Host, options.Cluster.Port, options.StoreDir = "127.0.0.1", port, filepath.Join(dir, fmt.Sprint(n))
		s, err := natsserver.NewServer(options)
		if err != nil {
			t.Fatal(err)
		}
		go s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	as := map[string][]string{}
	for _, s := range servers {
		for begun := time.Now(); !s.ReadyForConnections(time.Second) || !s.JetStreamIsCurrent(); time.Sleep(20 * time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatal("the three servers find no leader")
			}
		}
		for _, user := range []string{"app", "bootstrap"} {
			as[user] = append(as[user], fmt.Sprintf("nats://%s:%s@%s", user, password, s.Addr()))
		}
	}
	return servers, []string{"--nats-replicas", "3", "--nats-url", strings.Join(as["app"], ","), "--nats-bootstrap-url", strings.Join(as["bootstrap"], ",")}
}

// TestTheProgramKeepsItsLogOnThreeServers brings records in, takes one server away, and brings more in.
func TestTheProgramKeepsItsLogOnThreeServers(t *testing.T) {
	servers, flags := clusterOf(t)
	s, err := launchWith(nil, dataDir(t), flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	s.awaitReady(t)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	before := s.figures(t, "1880", "year=2021")
	servers[0].Shutdown()
	again, err := s.bring(t.Context(), "1880", "a", smallFile)
	if err != nil || again.Recorded > 0 || again.Duplicates == 0 {
		t.Fatalf("with two servers the same file is answered %+v, %v", again, err)
	}
	more, err := s.bring(t.Context(), "1880", "b", smallFile)
	if err != nil || more.Recorded == 0 {
		t.Fatalf("with two servers another source's file is answered %+v, %v", more, err)
	}
	if after := s.figures(t, "1880", fmt.Sprint("year=2021&min_position=", more.Position)); after.Children <= before.Children {
		t.Errorf("%d children, were %d", after.Children, before.Children)
	}
	s.asks(t, "GET", fmt.Sprintf("municipalities/1880/log/checkpoint?min_position=%d", more.Position), nil, nil)
	if out := s.must(t, "audit", "verify", "--municipality", "1880"); !strings.Contains(out, "whole") {
		t.Errorf("verify says %s", out)
	}
	if state := s.readiness(t); state.Status != "ready" {
		t.Errorf("/readyz says %+v", state)
	}
}
