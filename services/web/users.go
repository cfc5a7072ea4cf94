package web

import (
	"net/http"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) userPages() {
	s.page("GET /users", access.ManageAccounts, (*visit).users)
	s.page("GET /users/new", access.ManageAccounts, func(v *visit) error { return v.showUser(v.newForm("where", "some"), nil) })
	s.page("POST /users/new", access.ManageAccounts, (*visit).saveUser)
	s.page("GET /users/{account}", access.ManageAccounts, (*visit).user)
	s.page("POST /users/{account}", access.ManageAccounts, (*visit).saveUser)
	s.page("POST /users/{account}/disable", access.ManageAccounts, (*visit).disableUser)
	s.page("POST /users/{account}/tokens", access.ManageAccounts, (*visit).addToken)
	s.page("POST /users/{account}/tokens/{token}/revoke", access.ManageAccounts, (*visit).revokeToken)
}

// user is an account, and how it signs in.
type user struct {
	access.Account
	Login  *access.Login
	Tokens []access.Token
}

func (v *visit) readUsers() ([]user, error) {
	var accounts struct {
		Accounts []access.Account `json:"accounts"`
	}
	var logins struct {
		Logins []access.Login `json:"logins"`
	}
	if err := v.get(&accounts, "accounts"); err != nil {
		return nil, err
	}
	if err := v.get(&logins, "logins"); err != nil {
		return nil, err
	}
	by := make(map[events.ID]*access.Login)
	for i, l := range logins.Logins {
		by[l.Account] = &logins.Logins[i]
	}
	list := make([]user, len(accounts.Accounts))
	for i, a := range accounts.Accounts {
		list[i] = user{Account: a, Login: by[a.ID]}
	}
	return list, nil
}

func (v *visit) readUser(account string) (*user, error) {
	list, err := v.readUsers()
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		if one.ID.String() != account {
			continue
		}
		var tokens struct {
			Tokens []access.Token `json:"tokens"`
		}
		err := v.get(&tokens, "tokens", "account", account)
		one.Tokens = tokens.Tokens
		return &one, err
	}
	return nil, errNothingHere
}

func (v *visit) users() error {
	list, err := v.readUsers()
	if err != nil {
		return err
	}
	return v.show("users", sheet{Title: v.text().text("users.title"), D: list, Wide: true})
}

func (v *visit) user() error {
	one, err := v.readUser(v.At("account"))
	if err != nil {
		return err
	}
	f := v.newForm()
	f.about(one)
	return v.showUser(f, one)
}

// refuseUser says why a button of the account's page did nothing.
func (v *visit) refuseUser(f *form, err error) error {
	if err := f.refused(err, nil); err != nil {
		return err
	}
	one, err := v.readUser(v.At("account"))
	if err != nil {
		return err
	}
	f.about(one)
	return v.showUser(f, one)
}

// about puts an account as it is into the form.
func (f *form) about(one *user) {
	f.Set("called", one.Name)
	f.Set("where", "some")
	if l := one.Login; l != nil {
		f.Set("name", l.Name)
		f.Set("subject", l.Subject)
		for _, r := range l.Roles {
			f.Add("roles", string(r))
		}
		if l.Everywhere {
			f.Set("where", "everywhere")
		}
		f.Set("municipalities", joined(l.Municipalities))
		f.Set("programmes", joined(l.Programmes))
	}
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, " ")
}

// showUser shows the form of a new account, where one is nil.
func (v *visit) showUser(f *form, one *user) error {
	l := v.text()
	var roles []choice
	for _, r := range append(access.Roles(), access.Administrator) {
		roles = append(roles, choice{Value: string(r), Label: l.text("role." + string(r)), Hint: l.text("role.text." + string(r))})
	}
	title := l.text("user.new")
	if one != nil {
		title = one.Name
	}
	return v.show("user", sheet{Title: title, Crumbs: []crumb{{"/users", l.text("users.title")}}, Form: f, D: map[string]any{"User": one, "Roles": roles, "Link": "", "Secret": ""}})
}

// saveUser makes an account, or changes what it may do, and shows the link to choose a password by.
func (v *visit) saveUser() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	var one *user
	if account := v.At("account"); account != "" {
		if one, err = v.readUser(account); err != nil {
			return err
		}
	} else if f.need("called"); len(f.Values["called"]) == 0 {
		f.Set("called", "")
	}
	if f.need("name"); len(f.Values["roles"]) == 0 {
		f.wrong("roles", "form.choose")
	}
	if f.Get("where") != "everywhere" {
		f.need("municipalities")
	}
	if len(f.Errors) > 0 {
		return v.showUser(f, one)
	}
	link, err := v.setLogin(f, one)
	if err != nil {
		return err
	}
	if len(f.Errors) > 0 || v.Turned {
		return v.showUser(f, one)
	}
	text := "user.link_text"
	if link == "" {
		text = "user.subject_text"
	}
	return v.show("user_link", sheet{Title: v.text().text("user.saved"), Crumbs: []crumb{{"/users", v.text().text("users.title")}}, D: map[string]string{"Link": link, "Text": v.text().text(text, f.Get("name"))}})
}

// setLogin says how an account signs in, and makes it where one is nil. What is refused are errors of the form.
func (v *visit) setLogin(f *form, one *user) (link string, err error) {
	var account events.ID
	if one != nil {
		account = one.ID
	} else {
		var made access.Account
		if err := v.ask(call{method: http.MethodPost, path: "accounts", body: map[string]any{"name": f.Get("called")}, key: f.key("accounts")}, &made); err != nil {
			return "", f.refused(err, map[string]string{"body.name": "called"})
		}
		account = made.ID
	}
	body := map[string]any{"name": f.Get("name"), "roles": f.Values["roles"]}
	if subject := f.Get("subject"); subject != "" {
		body["subject"] = subject
	}
	if f.Get("where") == "everywhere" {
		body["everywhere"] = true
	} else {
		body["municipalities"] = words(f.Get("municipalities"))
	}
	if list := words(f.Get("programmes")); len(list) > 0 {
		body["programmes"] = list
	}
	var made struct {
		Invitation string `json:"invitation"`
	}
	err = v.ask(call{method: http.MethodPut, path: "accounts/" + account.String() + "/login", body: body}, &made)
	switch {
	case err != nil:
		return "", f.refused(err, nil)
	case made.Invitation == "":
		return "", nil
	}
	return v.origin() + "/invitations/" + made.Invitation, nil
}

// words are those of a list with spaces or commas between.
func words(text string) []string { return strings.Fields(strings.ReplaceAll(text, ",", " ")) }

func (v *visit) disableUser() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if _, err := v.send(f, http.MethodPost, "accounts/"+v.At("account")+"/disable", nil); err != nil {
		return v.refuseUser(f, err)
	}
	return v.to("/users", 0, "user_disabled")
}

// addToken makes a token with what the account's login may do, and shows it once.
func (v *visit) addToken() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	one, err := v.readUser(v.At("account"))
	if err != nil {
		return err
	}
	if one.Login == nil {
		return errNothingHere
	}
	roles := []access.Role{}
	for _, r := range one.Login.Roles {
		if r != access.Administrator {
			roles = append(roles, r)
		}
	}
	body := map[string]any{"roles": roles}
	if one.Login.Everywhere {
		body["everywhere"] = true
	} else {
		body["municipalities"] = one.Login.Municipalities
	}
	if len(one.Login.Programmes) > 0 {
		body["programmes"] = one.Login.Programmes
	}
	var made struct {
		Secret string `json:"secret"`
	}
	path := "accounts/" + v.At("account") + "/tokens"
	if err := v.ask(call{method: http.MethodPost, path: path, body: body, key: f.key(path)}, &made); err != nil {
		return v.refuseUser(f, err)
	}
	return v.show("user_link", sheet{Title: v.text().text("user.token_made"), Crumbs: []crumb{{"/users", v.text().text("users.title")}}, D: map[string]string{"Link": made.Secret, "Text": v.text().text("user.token_text")}})
}

func (v *visit) revokeToken() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if _, err := v.send(f, http.MethodPost, "tokens/"+v.At("token")+"/revoke", nil); err != nil {
		return v.refuseUser(f, err)
	}
	return v.to("/users/"+v.At("account"), 0, "token_revoked")
}
