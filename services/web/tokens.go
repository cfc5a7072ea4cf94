package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) tokenPages() {
	s.page("GET /users/{account}/tokens/new", access.ManageAccounts, (*visit).newToken)
	s.page("POST /users/{account}/tokens/new", access.ManageAccounts, (*visit).addToken)
	s.page("POST /users/{account}/tokens/{token}/revoke", access.ManageAccounts, (*visit).revokeToken)
}

const tokenValid = "valid" // access.Token's word of one that is neither expired nor revoked

// StateOf is valid, expired or revoked.
func (v *visit) StateOf(t access.Token) string { return t.State(v.Clock()) }

// LastDay says until when a token holds: through a day, where it ends at midnight in Sweden.
func (v *visit) LastDay(t access.Token) string {
	if ends := t.Expires.In(events.Sweden); ends.Hour() == 0 && ends.Minute() == 0 {
		return v.text().text("token.through", v.text().day(events.DayOf(ends)-1))
	}
	return v.text().text("token.until", v.text().moment(t.Expires))
}

// LastUsed is the day of its last use.
func (v *visit) LastUsed(t access.Token) string {
	var day events.Day
	if day.UnmarshalText([]byte(t.LastUsed)) != nil {
		return v.text().text("token.unused")
	}
	return v.text().day(day)
}

// ByNow says what is left of a token that may less than it was made for; "": all of it.
func (v *visit) ByNow(t access.Token) string {
	l := v.text()
	switch {
	case t.Now == nil || v.StateOf(t) != tokenValid:
		return ""
	case t.Now.Nothing():
		return l.text("token.nothing")
	}
	var roles, places, programmes []string
	for _, r := range t.Now.Roles {
		roles = append(roles, l.text("role."+string(r)))
	}
	for _, m := range t.Now.Municipalities {
		places = append(places, placeName(m))
	}
	for _, p := range t.Now.Programmes {
		programmes = append(programmes, string(p))
	}
	left := strings.Join(roles, ", ") + "; "
	if t.Now.Everywhere {
		left += l.text("user.everywhere")
	}
	left += strings.Join(places, ", ")
	switch {
	case !slices.Contains(t.Now.Roles, access.Coordinator):
	case slices.Contains(t.Now.Programmes, access.EveryProgramme):
		left += "; " + l.text("token.every_programme")
	case len(programmes) == 0:
		left += "; " + l.text("token.no_programme")
	default:
		left += "; " + strings.Join(programmes, ", ")
	}
	return l.text("token.narrower", left)
}

// GivenRoles are those of a login that a token can be given.
func (u user) GivenRoles() []access.Role {
	return slices.DeleteFunc(slices.Clone(u.Login.Roles), func(r access.Role) bool { return r == access.Administrator })
}

// mayHave is what a login may do, and so what a token made for it on its page may be narrowed to.
type mayHave struct {
	Roles, Municipalities, Programmes []choice
	Everywhere, EveryProgramme        bool // what is meant is written, and not chosen of a list
	Coordinates                       bool
}

func (v *visit) mayHave(one *user) mayHave {
	l, login := v.text(), one.Login
	d := mayHave{Everywhere: login.Everywhere, EveryProgramme: slices.Contains(login.Programmes, access.EveryProgramme), Coordinates: slices.Contains(login.Roles, access.Coordinator)}
	for _, r := range one.GivenRoles() {
		d.Roles = append(d.Roles, choice{string(r), l.text("role." + string(r)), l.text("role.text." + string(r))})
	}
	for _, m := range login.Municipalities {
		d.Municipalities = append(d.Municipalities, choice{Value: string(m), Label: placeName(m)})
	}
	for _, p := range login.Programmes {
		d.Programmes = append(d.Programmes, choice{Value: string(p), Label: string(p)})
	}
	return d
}

// newToken shows the form with all that the login may do, for a year: it is narrowed there.
func (v *visit) newToken() error {
	one, err := v.readUser(v.At("account"))
	if err != nil {
		return err
	}
	if one.Login == nil {
		return errNothingHere
	}
	f := v.newForm("where", "everywhere", "last_day", events.DayOf(v.today().Time().AddDate(1, 0, 0)).String())
	d := v.mayHave(one)
	for name, list := range map[string][]choice{"roles": d.Roles, "municipalities": d.Municipalities, "programmes": d.Programmes} {
		for _, c := range list {
			f.Add(name, c.Value)
		}
	}
	return v.showToken(f, one)
}

func (v *visit) showToken(f *form, one *user) error {
	l := v.text()
	return v.show("user_token", sheet{
		Title: l.text("token.new"), Crumbs: []crumb{{"/users", l.text("users.title")}, {"/users/" + one.ID.String(), one.Name}}, Form: f, D: v.mayHave(one),
	})
}

// chosen are the values of a field, of which there is one at least.
func (f *form) chosen(field string) []string {
	values := f.Values[field]
	if len(values) == 0 {
		f.wrong(field, "form.choose")
	}
	return values
}

// narrowed is what the form asks a token for.
func (v *visit) narrowed(f *form, one *user) map[string]any {
	d, login := v.mayHave(one), one.Login
	asked := access.Rights{Roles: of[access.Role](f.chosen("roles"))}
	grant := map[string]any{"roles": asked.Roles}
	switch {
	case !d.Everywhere:
		asked.Municipalities = of[events.Municipality](f.chosen("municipalities"))
		grant["municipalities"] = asked.Municipalities
	case f.Get("where") == "everywhere":
		grant["everywhere"] = true
	default:
		f.need("municipalities")
		f.places("municipalities")
		grant["municipalities"] = words(f.Get("municipalities"))
	}
	if slices.Contains(f.Values["roles"], string(access.Coordinator)) {
		if d.EveryProgramme {
			f.need("programmes")
			grant["programmes"] = words(f.Get("programmes"))
		} else {
			asked.Programmes = of[events.ProgrammeID](f.chosen("programmes"))
			grant["programmes"] = asked.Programmes
		}
	}
	for _, field := range asked.Wider(access.Rights{Roles: one.GivenRoles(), Everywhere: login.Everywhere, Municipalities: login.Municipalities, Programmes: login.Programmes}) {
		f.wrong(field, "token.wider")
	}
	grant["expires_at"] = v.through(f, "last_day")
	return grant
}

// of are words of a form as what they name.
func of[T ~string](words []string) (list []T) {
	for _, w := range words {
		list = append(list, T(w))
	}
	return list
}

// through is when a day that has not passed ends in Sweden.
func (v *visit) through(f *form, field string) time.Time {
	var last events.Day
	if last.UnmarshalText([]byte(f.Get(field))) != nil {
		f.wrong(field, "form.day")
	} else if last < v.today() {
		f.wrong(field, "token.past")
	}
	t := (last + 1).Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, events.Sweden)
}

// addToken makes a token of what the account's login may do, or of less, and shows it once.
func (v *visit) addToken() error {
	f, one, err := v.aboutLogin()
	if err != nil {
		return err
	}
	if v.Turned && f.Has("shown") {
		return v.showAgain(f)
	}
	body := v.narrowed(f, one)
	if len(f.Errors) > 0 {
		return v.showToken(f, one)
	}
	var made struct {
		Secret string `json:"secret"`
	}
	path := "accounts/" + v.At("account") + "/tokens"
	if err := v.ask(call{method: http.MethodPost, path: path, body: body, key: f.key(path)}, &made); err != nil {
		if err := f.refused(err, map[string]string{"body.expires_at": "last_day"}); err != nil {
			return err
		}
		return v.showToken(f, one)
	}
	if made.Secret == "" { // it was asked for before, and is not shown twice
		return v.to("/users/"+v.At("account"), 0, "")
	}
	return v.showSecret(tokenMade, made.Secret, one.Login.Name)
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
