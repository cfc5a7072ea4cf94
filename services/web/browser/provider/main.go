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
	"net/url"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/crypto"
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

// tell says to an address that a user is signed out everywhere, as when somebody disables the user here.
func tell(ctx context.Context, store kept, issuer, subject, to string) error {
	key, err := store.SigningKey(ctx)
	if err != nil {
		return err
	}
	signer, err := op.SignerFromKey(key)
	if err != nil {
		return err
	}
	claims := oidc.NewLogoutTokenClaims(issuer, subject, oidc.Audience{clientID}, time.Now().Add(time.Minute), "1", "", 0)
	token, err := crypto.Sign(claims, signer)
	if err != nil {
		return err
	}
	answered, err := http.PostForm(to, url.Values{"logout_token": {token}})
	if err != nil {
		return err
	}
	defer answered.Body.Close()
	if answered.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", to, answered.Status)
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
	issuer := "http://" + listener.Addr().String()
	storage.RegisterClients(storage.WebClient(clientID, secret))
	store := kept{storage.NewStorage(people)}
	pages := http.NewServeMux()
	pages.Handle("/", exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false))
	pages.HandleFunc("POST /tell", func(w http.ResponseWriter, r *http.Request) {
		if err := tell(r.Context(), store, issuer, r.FormValue("subject"), r.FormValue("to")); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // it ends with who started this
		os.Exit(0)
	}()
	fmt.Println(issuer)
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	fmt.Fprintln(os.Stderr, "provider:", server.Serve(listener))
	os.Exit(1)
}
