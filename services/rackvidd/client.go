package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"rackvidd/services/api"
)

// call is a request of the API.
type call struct {
	method string
	path   string // under /api/v1/
	query  url.Values
	body   io.Reader
	kind   string // the body's media type
	match  string // the ETag that what is changed must still have; "": any
	left   string // what becomes of it at the server when nobody waits for the answer any more; "": what its method says
}

// stoppedError says that whoever gave the command stopped it, and how things were left.
type stoppedError struct{ left string }

func (e *stoppedError) Error() string { return "stopped here; " + e.left }

// errNoAnswer is of a server that cannot be asked anything.
var errNoAnswer = errors.New("is rackvidd serve running there? Name another with --server")

// errCut is of a server that was asked; it may be there all the same.
var errCut = errors.New("the connection ended before the answer came")

// stopped is why there is no answer, where the command was stopped.
func (env *environment) stopped(c call, err error) error {
	switch {
	case env.Err() == nil:
		return err
	case c.left != "":
		return &stoppedError{c.left}
	case c.method == http.MethodGet:
		return &stoppedError{"the server was only asked, and nothing is changed there"}
	}
	return &stoppedError{"whether the server has done it is not known here: look before you give the command again"}
}

// ask sends a request and reads the JSON answer into answer, which may be nil or *json.RawMessage.
func (env *environment) ask(c call, answer any) error {
	raw, err := env.fetch(c)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

func (env *environment) fetch(c call) (json.RawMessage, error) {
	defer env.saysItWaits(c)()
	response, err := env.send(c)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, env.stopped(c, fmt.Errorf("read the server's answer: %w", err))
	}
	return raw, nil
}

// send sends a request and returns the answer, unless it is a refusal. Its body has to be closed.
func (env *environment) send(c call) (*http.Response, error) {
	address, err := url.JoinPath(env.settings.Server, "/api/v1/", c.path)
	if err != nil || !onTheWeb(address) {
		return nil, &usageError{fmt.Errorf("the server's address %q cannot be read; write http://HOST:PORT", env.settings.Server)}
	}
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	request, err := http.NewRequestWithContext(env, c.method, address, c.body)
	if err != nil {
		return nil, err
	}
	if c.kind != "" {
		request.Header.Set("Content-Type", c.kind)
	}
	if c.match != "" {
		request.Header.Set("If-Match", c.match)
	}
	token, withheld := env.token()
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, env.stopped(c, unanswered(env.settings.Server, err))
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, env.stopped(c, fmt.Errorf("read the server's answer: %w", err))
	}
	err = env.readProblem(response.StatusCode, raw)
	if response.StatusCode == http.StatusUnauthorized && withheld != nil {
		err = fmt.Errorf("%w; %w", err, withheld)
	}
	return nil, err
}

func onTheWeb(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

// unanswered says why there is no answer.
func unanswered(server string, err error) error {
	why := errNoAnswer
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, cut) {
			why = errCut
		}
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	return fmt.Errorf("no answer from %s: %w; %w", server, err, why)
}

// saysItWaits writes a line now and then while the server works on a request. Imports, rebuilds and rollbacks show their progress.
func (env *environment) saysItWaits(c call) (stop func()) {
	for _, shown := range []string{"/imports", "/rebuild", "/rollback"} {
		if strings.HasSuffix(c.path, shown) {
			return func() {}
		}
	}
	return env.waiting("for the server's answer")
}

// waiting writes a line now and then until stop is called: what is waited for, and for how long.
func (env *environment) waiting(what string) (stop func()) {
	done, began := make(chan struct{}), time.Now()
	go func() {
		ticker := time.NewTicker(5 * time.Second)
		defer ticker.Stop()
		for wait := time.After(time.Second); ; wait = ticker.C {
			select {
			case <-wait:
				fmt.Fprintf(env.err, "waiting %s: %d s\n", what, int(time.Since(began).Seconds()))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// token is --token or RACKVIDD_TOKEN; on the server's own machine, and for it alone, the operator token in the data directory;
// withheld is why that is not sent, where somebody may have meant it to be.
func (env *environment) token() (token string, withheld error) {
	if env.settings.Token != "" {
		return env.settings.Token, nil
	}
	secret, err := os.ReadFile(filepath.Join(env.settings.Data, "operator.token"))
	here := onThisMachine(env.settings.Server)
	switch {
	case here && err != nil:
		return "", fmt.Errorf("the operator token could not be read: %w; --data or RACKVIDD_DATA names its directory", err)
	case here:
		return strings.TrimSpace(string(secret)), nil
	case err != nil:
		return "", nil
	}
	return "", fmt.Errorf("the operator token is sent to this machine's own addresses alone, and %s is none of them: name one with --server, as http://127.0.0.1:8080", env.settings.Server)
}

// onThisMachine reports whether a server's address is one of this machine's.
func onThisMachine(server string) bool {
	address, err := url.Parse(server)
	if err != nil {
		return false
	}
	host := address.Hostname()
	ip := net.ParseIP(host)
	if ip == nil || ip.IsLoopback() || ip.IsUnspecified() {
		return ip != nil || strings.EqualFold(host, "localhost")
	}
	own, _ := net.InterfaceAddrs() // none: then it is not known to be ours
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip)
	})
}

// damagedError is a refusal for what the server knows to be damaged.
type damagedError struct{ error }

// checked is what a check has come to: where the server has found before that copies differ, that is a difference.
func (env *environment) checked(err error) error {
	var damaged *damagedError
	if !errors.As(err, &damaged) {
		return err
	}
	fmt.Fprintln(env.err, "rackvidd:", oneLine(err))
	return errDifference
}

// problem is an error as the API writes it (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

func (env *environment) readProblem(status int, raw []byte) error {
	var p problem
	if json.Unmarshal(raw, &p) != nil || p.Title == "" {
		return fmt.Errorf("%s answered %d, and not as Räckvidd does; is that its address? Name another with --server", env.settings.Server, status)
	}
	text := cmp.Or(p.Detail, p.Title)
	var fields []string
	misused := false
	for _, e := range p.Errors {
		if e.Location != "" {
			flag := env.flagOf(e.Location)
			fields = append(fields, flag+": "+e.Message)
			misused = misused || flag != e.Location
		}
	}
	if len(fields) > 0 {
		text = strings.Join(fields, "; ")
	}
	if status == http.StatusUnauthorized {
		text += "; give a token with --token or RACKVIDD_TOKEN"
	}
	err := fmt.Errorf("%s (%d)", text, status)
	switch {
	case misused && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity):
		return &usageError{err}
	case p.Type == api.ProblemType+"damaged":
		return &damagedError{err}
	}
	return err
}

// flagOf is the command's flag or argument that was sent as a field of the request; the field, where it has none such.
func (env *environment) flagOf(location string) string {
	name, _, _ := strings.Cut(location[strings.LastIndexByte(location, '.')+1:], "[")
	name = strings.ReplaceAll(name, "_", "-")
	names := []string{name, strings.TrimSuffix(name, "s"), strings.TrimSuffix(name, "-at")}
	switch {
	case name == "code", name == "log", name == "municipalities":
		names = []string{"municipality"}
	case name == "version":
		names = []string{"of-version"}
	case name == "id":
		names = []string{"account", "token"}
	case strings.HasSuffix(location, ".login.name"), location == "body.name" && env.flags["login"] == "<login>":
		names = []string{"login"}
	}
	for _, name := range names {
		if written, has := env.flags[name]; has {
			return written
		}
	}
	return location
}

func jsonBody(v any) io.Reader {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of ours
	}
	return bytes.NewReader(raw)
}

// printJSON writes an answer as it came, indented.
func (env *environment) printJSON(raw json.RawMessage) error {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(env.out)
	return err
}
