// Command provider is an OpenID Connect provider that somebody can sign in at, for the tests: zitadel's, with users who
// are vouched for at different levels of assurance. It prints its address, and stops when its input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	clientID = "rackvidd"
	secret   = "a secret of the tests"
	password = "provider's password"
)

// people are the users by their subjects, and levels what each is vouched for at.
var (
	people = users{
		"5c2b7e": {ID: "5c2b7e", Username: "kim", Password: password},
		"9d41fa": {ID: "9d41fa", Username: "robin", Password: password},
		"e07a35": {ID: "e07a35", Username: "sam", Password: password},
	}
	levels = map[string]string{"5c2b7e": "loa3", "9d41fa": "loa2", "e07a35": "loa4"}
)

type users map[string]*storage.User

func (u users) GetUserByID(id string) *storage.User { return u[id] }

func (u users) GetUserByUsername(name string) *storage.User {
	for _, one := range u {
		if one.Username == name {
			return one
		}
	}
	return nil
}

func (users) ExampleClientID() string { return storage.ServiceUserID }

// kept is the example's storage, where a request says its level of assurance.
type kept struct{ *storage.Storage }

type leveled struct{ *storage.AuthRequest }

func (r leveled) GetACR() string { return levels[r.UserID] }

func withLevel(r op.AuthRequest, err error) (op.AuthRequest, error) {
	if request, ok := r.(*storage.AuthRequest); ok && err == nil {
		return leveled{request}, nil
	}
	return r, err
}

func (k kept) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	return withLevel(k.Storage.AuthRequestByID(ctx, id))
}

func (k kept) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	return withLevel(k.Storage.AuthRequestByCode(ctx, code))
}

// client leads back to any port of this machine: which one is known when Räckvidd runs.
type client struct{ op.Client }

func (client) RedirectURIGlobs() []string {
	return []string{"http://127.0.0.1:*/login/openid/answer", "http://localhost:*/login/openid/answer"}
}

func (client) PostLogoutRedirectURIGlobs() []string {
	return []string{"http://127.0.0.1:*/login", "http://localhost:*/login"}
}

func (client) ResponseTypes() []oidc.ResponseType { return []oidc.ResponseType{oidc.ResponseTypeCode} }

func (k kept) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := k.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{c}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
	issuer := "http://" + listener.Addr().String()
	storage.RegisterClients(storage.WebClient(clientID, secret))
	pages := exampleop.SetupServer(issuer, kept{storage.NewStorage(people)}, slog.New(slog.DiscardHandler), false)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // it ends with who started this
		os.Exit(0)
	}()
	fmt.Println(issuer)
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	fmt.Fprintln(os.Stderr, "provider:", server.Serve(listener))
	os.Exit(1)
}
