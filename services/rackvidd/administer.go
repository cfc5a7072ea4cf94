package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add an account; with --login, one that signs in to the web pages."`
	Login   userLogin   `cmd:"" help:"Let an account sign in to the web pages, or change what it may do there."`
	Link    userLink    `cmd:"" help:"Print a new link for an account that signs in, to choose another password by."`
	Rename  userRename  `cmd:"" help:"Call an account something else."`
	List    userList    `cmd:"" help:"List accounts."`
	Disable userDisable `cmd:"" help:"End an account and every token of it, for good: nothing enables it again."`
}

type userAdd struct {
	Name         string   `arg:"" help:"What the account is called here."`
	Login        string   `help:"What is typed to sign in to the web pages; a link to choose a password by is printed." placeholder:"NAME" and:"login"`
	Subject      string   `help:"With --login: who it is to the OpenID Connect provider; there is no link then, and no password." placeholder:"SUBJECT"`
	Role         []string `help:"With --login: administrator, coordinator, back_office, approver, data_protection, auditor, national or operations." and:"login"`
	Municipality []string `help:"With --login: where it holds; several may be named." placeholder:"CODE"`
	Everywhere   bool     `help:"With --login: it holds in every municipality."`
	Programme    []string `help:"With --login: a coordinator's own programmes; * is all." placeholder:"ID"`
	formatFlags
}

func (c *userAdd) Run(env *environment) error {
	body := map[string]any{"name": c.Name}
	if c.Login != "" {
		terms, err := loginTerms(c.Login, c.Subject, c.Role, c.Municipality, c.Everywhere, c.Programme)
		if err != nil {
			return err
		}
		body["login"] = terms
	} else if c.Everywhere || len(c.Municipality)+len(c.Programme) > 0 {
		return &usageError{errors.New("what it may do goes with a login or a token: give --login and --role as well, or make a token with rackvidd token add")}
	}
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "accounts", body: jsonBody(body), kind: "application/json"}, func(raw json.RawMessage) error {
		var a api.NewAccount
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		if a.Login != nil {
			return env.printLogin(*a.Login)
		}
		_, err := fmt.Fprintf(env.out, "account %[1]s\nLet it sign in:   rackvidd user login %[1]s NAME --role coordinator --municipality %[2]s --programme PROGRAMME\nGive it a token:  rackvidd token add %[1]s --role coordinator --municipality %[2]s --programme PROGRAMME\n", a.ID, exampleMunicipality)
		return err
	})
}

// loginTerms is how an account signs in, and what it may do then and where: everywhere only where that is said.
func loginTerms(name, subject string, roles, municipalities []string, everywhere bool, programmes []string) (map[string]any, error) {
	if everywhere == (len(municipalities) > 0) {
		return nil, &usageError{errors.New("where does it hold? Give --municipality, once or several times, or --everywhere")}
	}
	terms := map[string]any{"name": name, "roles": roles, "everywhere": everywhere}
	if subject != "" {
		terms["subject"] = subject
	}
	if len(municipalities) > 0 {
		terms["municipalities"] = municipalities
	}
	if len(programmes) > 0 {
		terms["programmes"] = programmes
	}
	return terms, nil
}

// printLogin says how somebody signs in, with the link where one was made.
func (env *environment) printLogin(l api.NewLogin) error {
	how := fmt.Sprintf("It signs in as before; rackvidd user link %s makes a new link.", l.Account)
	switch {
	case l.Invitation != "":
		how = env.link(l.Invitation)
	case l.Subject != "":
		how = "It signs in by the provider, as " + l.Subject + "."
	}
	_, err := fmt.Fprintf(env.out, "account %s\nlogin %s\n%s\n", l.Account, l.Name, how)
	return err
}

func (env *environment) link(invitation string) string {
	return strings.TrimRight(env.settings.Server, "/") + "/invitations/" + invitation +
		"\nThe link signs in once, within a week, and lets a password or the provider be chosen. It is not shown again."
}

type userLogin struct {
	Account      string   `arg:"" help:"The account's id."`
	Login        string   `arg:"" help:"What is typed to sign in." placeholder:"NAME"`
	Subject      string   `help:"Who it is to the OpenID Connect provider; there is no link then, and no password." placeholder:"SUBJECT"`
	Role         []string `required:"" help:"administrator, coordinator, back_office, approver, data_protection, auditor, national or operations."`
	Municipality []string `help:"Where it holds; several may be named." placeholder:"CODE"`
	Everywhere   bool     `help:"It holds in every municipality."`
	Programme    []string `help:"A coordinator's own programmes; * is all." placeholder:"ID"`
	formatFlags
}

func (c *userLogin) Run(env *environment) error {
	terms, err := loginTerms(c.Login, c.Subject, c.Role, c.Municipality, c.Everywhere, c.Programme)
	if err != nil {
		return err
	}
	return env.show(c.formatFlags, call{method: http.MethodPut, path: "accounts/" + url.PathEscape(c.Account) + "/login", body: jsonBody(terms), kind: "application/json"},
		func(raw json.RawMessage) error {
			var l api.NewLogin
			if err := json.Unmarshal(raw, &l); err != nil {
				return err
			}
			return env.printLogin(l)
		})
}

type userLink struct {
	Account string `arg:"" help:"The account's id."`
	formatFlags
}

func (c *userLink) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "accounts/" + url.PathEscape(c.Account) + "/link"}, func(raw json.RawMessage) error {
		var made api.NewLink
		if err := json.Unmarshal(raw, &made); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "account %s\n%s\n", made.Account, env.link(made.Invitation))
		return err
	})
}

type userRename struct {
	Account string `arg:"" help:"The account's id."`
	Name    string `arg:"" help:"What it is called from now on."`
	formatFlags
}

func (c *userRename) Run(env *environment) error {
	body := jsonBody(map[string]string{"name": c.Name})
	return env.show(c.formatFlags, call{method: http.MethodPut, path: "accounts/" + url.PathEscape(c.Account) + "/name", body: body, kind: "application/json"}, func(raw json.RawMessage) error {
		var a access.Account
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "account %s is called %s\n", a.ID, a.Name)
		return err
	})
}

type userList struct{ formatFlags }

func (c *userList) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "accounts"}, func(raw json.RawMessage) error {
		var accounts api.Accounts
		if err := json.Unmarshal(raw, &accounts); err != nil {
			return err
		}
		var all api.Logins
		if err := env.ask(call{method: http.MethodGet, path: "logins"}, &all); err != nil {
			return err
		}
		logins := make(map[events.ID]access.Login)
		for _, l := range all.Logins {
			logins[l.Account] = l
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		for _, a := range accounts.Accounts {
			state := "enabled"
			if a.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", a.ID, state, a.Name, rightsOf(logins[a.ID]))
		}
		return t.Flush()
	})
}

// rightsOf says as whom somebody signs in, as what, and where; "" where nobody does.
func rightsOf(l access.Login) string {
	if l.Name == "" {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("signs in as %s: %s, %s %s", l.Name, joined(l.Roles), where(l.Everywhere, l.Municipalities), joined(l.Programmes)))
}

type userDisable struct {
	Account string `arg:"" help:"The account's id."`
	formatFlags
}

func (c *userDisable) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "accounts/" + url.PathEscape(c.Account) + "/disable"}, env.said("disabled"))
}

type tokenCommand struct {
	Add    tokenAdd    `cmd:"" help:"Make a token; it is shown this once."`
	List   tokenList   `cmd:"" help:"List tokens, without their secrets."`
	Revoke tokenRevoke `cmd:"" help:"End a token."`
}

type tokenAdd struct {
	Account      string   `arg:"" help:"The account's id."`
	Role         []string `required:"" help:"coordinator, back_office, approver, data_protection, auditor, national or operations."`
	Municipality []string `help:"Where it holds; several may be named." placeholder:"CODE"`
	Everywhere   bool     `help:"It holds in every municipality."`
	Programme    []string `help:"A coordinator's own programmes; * is all." placeholder:"ID"`
	Expires      string   `help:"When it ends, as in 2027-01-31T00:00:00+01:00; default: in a year." placeholder:"TIME"`
	formatFlags
}

func (c *tokenAdd) Run(env *environment) error {
	body := map[string]any{"roles": c.Role, "municipalities": c.Municipality, "everywhere": c.Everywhere, "programmes": c.Programme}
	for _, name := range []string{"municipalities", "programmes"} {
		if list, _ := body[name].([]string); len(list) == 0 {
			delete(body, name)
		}
	}
	if c.Expires != "" {
		body["expires_at"] = c.Expires
	}
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "accounts/" + url.PathEscape(c.Account) + "/tokens", body: jsonBody(body), kind: "application/json"},
		func(raw json.RawMessage) error {
			var answer struct {
				ID     string `json:"id"`
				Secret string `json:"secret"`
			}
			if err := json.Unmarshal(raw, &answer); err != nil {
				return err
			}
			_, err := fmt.Fprintf(env.out, "token %s\n%s\nIt is not shown again.\n", answer.ID, answer.Secret)
			return err
		})
}

type tokenList struct{ formatFlags }

func (c *tokenList) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "tokens"}, func(raw json.RawMessage) error {
		var answer struct {
			Tokens []access.Token `json:"tokens"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "token\taccount\troles\twhere\tprogrammes\texpires\tstate\tlast used")
		for _, token := range answer.Tokens {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", token.ID, token.Account, joined(token.Roles), where(token.Everywhere, token.Municipalities), cmp.Or(joined(token.Programmes), "-"),
				token.Expires.Format(time.RFC3339), state(token, time.Now()), cmp.Or(token.LastUsed, "never"))
		}
		return t.Flush()
	})
}

// state says whether a token holds, and what is left of one whose account may less than it was made for.
func state(t access.Token, now time.Time) string {
	holds := t.State(now)
	switch {
	case t.Now == nil || holds != "valid":
		return holds
	case t.Now.Nothing():
		return "valid for nothing: its account may none of it"
	}
	return fmt.Sprintf("valid for %s in %s, programmes %s: its account may no more", joined(t.Now.Roles), where(t.Now.Everywhere, t.Now.Municipalities), cmp.Or(joined(t.Now.Programmes), "-"))
}

func where(everywhere bool, places []events.Municipality) string {
	if everywhere {
		return "everywhere"
	}
	return joined(places)
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ",")
}

type tokenRevoke struct {
	Token string `arg:"" help:"The token's id."`
	formatFlags
}

func (c *tokenRevoke) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "tokens/" + url.PathEscape(c.Token) + "/revoke"}, env.said("revoked"))
}

// show sends a request and prints the answer as JSON or by text.
func (env *environment) show(f formatFlags, c call, text func(json.RawMessage) error) error {
	raw, err := env.fetch(c)
	if err != nil {
		return err
	}
	if f.json() {
		return env.printJSON(raw)
	}
	return text(raw)
}

func (env *environment) said(word string) func(json.RawMessage) error {
	return func(json.RawMessage) error {
		_, err := fmt.Fprintln(env.out, word)
		return err
	}
}
