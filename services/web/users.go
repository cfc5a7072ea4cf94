package web

import (
	"net/http"
	"regexp"
	"strconv"
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
	s.page("POST /users/{account}/name", access.ManageAccounts, (*visit).renameUser)
	s.page("POST /users/{account}/link", access.ManageAccounts, (*visit).linkUser)
	s.page("POST /users/{account}/disable", access.ManageAccounts, (*visit).disableUser)
}

// user is an account, and how it signs in.
type user struct {
	access.Account
	Login    *access.Login
	Tokens   []access.Token
	Narrower int // tokens that may less than they were made for; of the list alone
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
	var tokens struct {
		Tokens []access.Token `json:"tokens"`
	}
	if err := v.get(&tokens, "tokens"); err != nil {
		return err
	}
	narrower := make(map[events.ID]int)
	for _, t := range tokens.Tokens {
		if t.Now != nil && v.StateOf(t) == tokenValid {
			narrower[t.Account]++
		}
	}
	for i := range list {
		list[i].Narrower = narrower[list[i].ID]
	}
	return v.show("users", sheet{Title: v.text().text("users.title"), D: partOf(v, list, "page"), Wide: true})
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

// renameUser calls an account something else.
func (v *visit) renameUser() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("called"); len(f.Errors) == 0 {
		path := "accounts/" + v.At("account") + "/name"
		err := v.ask(call{method: http.MethodPut, path: path, body: map[string]string{"name": f.Get("called")}, key: f.key(path)}, nil)
		if err == nil {
			return v.to("/users/"+v.At("account"), 0, "user_renamed")
		}
		if err := f.refused(err, map[string]string{"body.name": "called"}); err != nil {
			return err
		}
	}
	one, err := v.readUser(v.At("account"))
	if err != nil {
		return err
	}
	called := f.Get("called")
	f.about(one)
	f.Set("called", called)
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
	f.Del("roles")
	if l := one.Login; l != nil {
		f.Set("seen", l.Version)
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
		if title = one.Name; !f.Has("called") {
			f.Set("called", one.Name)
		}
	}
	return v.show("user", sheet{Title: title, Crumbs: []crumb{{"/users", l.text("users.title")}}, Form: f, D: map[string]any{"User": one, "Roles": roles, "Link": "", "Secret": ""}})
}

// saveUser makes an account, and shows the link to choose a password by, or changes what it may do.
func (v *visit) saveUser() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if v.Turned && f.Has("shown") {
		return v.showAgain(f)
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
		f.places("municipalities")
	}
	if len(f.Errors) > 0 {
		return v.showUser(f, one)
	}
	fields := map[string]string{"body.name": "name", "body.login.name": "name"}
	if one == nil {
		fields["body.name"] = "called"
	}
	link, err := v.setLogin(f, one)
	if one != nil && isProblem(err, http.StatusPreconditionFailed) { // what it may by now, for whoever wants it otherwise
		return v.refuseUser(f, err)
	}
	if err != nil {
		if err := f.refused(err, fields); err != nil {
			return err
		}
		return v.showUser(f, one)
	}
	switch {
	case link != "":
		return v.showLink(link, f.Get("name"))
	case f.Get("subject") != "":
		return v.showSecret(savedAlone, "", f.Get("name"))
	case one == nil: // it was sent before, and the link is not shown twice
		return v.to("/users", 0, "user_saved")
	}
	return v.to("/users/"+one.ID.String(), 0, "user_saved")
}

// places notes words of a field that are no municipality's code, and names those that begin alike.
func (f *form) places(field string) {
	for _, word := range words(f.Get(field)) {
		if _, err := events.ParseMunicipality(word); err == nil {
			continue
		}
		text := f.lang.text("user.no_municipality", word)
		if there := near(word); len(there) > 0 {
			text += " " + f.lang.text("form.there", strings.Join(there, ", "))
		}
		f.Errors = append(f.Errors, formError{Field: field, Text: text})
	}
}

var likeACode = regexp.MustCompile(`^\d{4}$`)

// near are the municipalities that somebody may have meant: of the same county where the word is like a code, or with the
// word in their names.
func near(word string) (list []string) {
	coded := likeACode.MatchString(word)
	for _, one := range events.Municipalities() {
		code, name := string(one.Code), strings.ToLower(one.Name)
		if coded && strings.HasPrefix(code, word[:2]) || len(word) > 1 && strings.Contains(name, strings.ToLower(word)) {
			list = append(list, code+" "+one.Name)
		}
	}
	return list
}

// invitation is the secret of a link, where one was made.
type invitation struct {
	Invitation string `json:"invitation"`
}

// setLogin makes an account with its login, or changes that of one.
func (v *visit) setLogin(f *form, one *user) (link string, err error) {
	login := map[string]any{"name": f.Get("name"), "roles": f.Values["roles"]}
	if subject := f.Get("subject"); subject != "" {
		login["subject"] = subject
	}
	if f.Get("where") == "everywhere" {
		login["everywhere"] = true
	} else {
		login["municipalities"] = words(f.Get("municipalities"))
	}
	if list := words(f.Get("programmes")); len(list) > 0 {
		login["programmes"] = list
	}
	if one != nil {
		var set invitation
		c := call{method: http.MethodPut, path: "accounts/" + one.ID.String() + "/login", body: login}
		c.key = f.key(c.path)
		if seen := f.Get("seen"); seen != "" {
			c.match = strconv.Quote(seen)
		}
		err = v.ask(c, &set)
		return set.Invitation, err
	}
	var made struct {
		Login invitation `json:"login"`
	}
	err = v.ask(call{method: http.MethodPost, path: "accounts", body: map[string]any{"name": f.Get("called"), "login": login}, key: f.key("accounts")}, &made)
	return made.Login.Invitation, err
}

// aboutLogin reads a form of the account's page, and the account, which can sign in.
func (v *visit) aboutLogin() (*form, *user, error) {
	f, err := v.form()
	if err != nil {
		return nil, nil, err
	}
	one, err := v.readUser(v.At("account"))
	if err == nil && one.Login == nil {
		err = errNothingHere
	}
	return f, one, err
}

// linkUser makes a new link, because somebody asked for one.
func (v *visit) linkUser() error {
	f, one, err := v.aboutLogin()
	if err != nil {
		return err
	}
	if v.Turned && f.Has("shown") {
		return v.showAgain(f)
	}
	var made invitation
	path := "accounts/" + v.At("account") + "/link"
	if err := v.ask(call{method: http.MethodPost, path: path, key: f.key(path)}, &made); err != nil {
		return v.refuseUser(f, err)
	}
	if made.Invitation == "" { // it was asked for before, and is not shown twice
		return v.to("/users/"+v.At("account"), 0, "")
	}
	return v.showLink(made.Invitation, one.Login.Name)
}

// showLink shows a link to sign in by, this once.
func (v *visit) showLink(invitation, name string) error {
	return v.showSecret(linkMade, v.origin()+"/invitations/"+invitation, name)
}

// What a page says of an account that is said only once.
const (
	linkMade   = "link"
	tokenMade  = "token"
	savedAlone = "subject" // it signs in elsewhere, and has no link
)

// saidOnce are the texts of a page that says it: its title, and what is to be done with it.
var saidOnce = map[string][2]string{
	linkMade: {"user.link_made", "user.link_text"}, tokenMade: {"user.token_made", "user.token_text"}, savedAlone: {"user.saved", "user.subject_text"},
}

// showSecret shows a link or a token, this once. The page has it in a field of the button that changes its language, and
// nothing else keeps it (decisions/0016).
func (v *visit) showSecret(what, secret, name string) error {
	l := v.text()
	says, known := saidOnce[what]
	if !known {
		return errUnreadable
	}
	return v.show("user_link", sheet{
		Title: l.text(says[0]), Crumbs: []crumb{{"/users", l.text("users.title")}}, Form: v.newForm("shown", what, "secret", secret, "name", name), Once: true,
		D: map[string]string{"Link": secret, "Text": l.text(says[1], name)},
	})
}

// showAgain shows in the other language what the page showed that sends the form.
func (v *visit) showAgain(f *form) error {
	return v.showSecret(f.Get("shown"), f.Get("secret"), f.Get("name"))
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
