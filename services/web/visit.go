package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

// visit is one request for a page.
type visit struct {
	*site
	w         http.ResponseWriter
	r         *http.Request
	Lang      string
	Principal access.Principal // nobody: the zero value
	secret    string           // of the session
	Place     events.Municipality
	Turned    bool // the form was sent to be shown in another language, and nothing of it is carried out
}

const (
	swedish = "sv"
	english = "en"

	languageCookie = "__Host-language"
	sessionCookie  = "__Host-session"

	turning = "turn-to" // the field of a refused form by which its language is changed
)

func (s *site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, w: w, r: r, Lang: swedish}
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == english {
		v.Lang = english
	}
	return v
}

// switchLanguage keeps the language that a link asks for, and leads back to the page without asking.
func (v *visit) switchLanguage() bool {
	query := v.r.URL.Query()
	lang := query.Get("lang")
	if lang != swedish && lang != english || v.r.Method != http.MethodGet {
		return false
	}
	v.keepLanguage(lang)
	query.Del("lang")
	http.Redirect(v.w, v.r, v.asking(query), http.StatusSeeOther)
	return true
}

// asking is the page's own address with another query. The path stays as it was written: /%2Fexample.org is a page here, and
// //example.org another site.
func (v *visit) asking(query url.Values) string {
	return (&url.URL{Path: v.r.URL.Path, RawPath: v.r.URL.RawPath, RawQuery: query.Encode()}).String()
}

func (v *visit) keepLanguage(lang string) { v.setCookie(languageCookie, lang, 365*24*3600) }

// turn changes the language of a form that was sent for that alone: an address would show others what was typed, and keep it.
func (v *visit) turn(lang string) error {
	switch lang {
	case "":
		return nil
	case swedish, english:
		v.keepLanguage(lang)
		v.Lang, v.Turned = lang, true
		return nil
	}
	return errUnreadable
}

// setCookie keeps a value for seconds; below 0 it is forgotten.
func (v *visit) setCookie(name, value string, seconds int) {
	http.SetCookie(v.w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// signedIn finds out who asks. Nobody is no error, and so is a token: it is for the API, and may no more than it says there.
func (v *visit) signedIn() error {
	c, err := v.r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	p, err := v.Sessions.Authenticate(v.r.Context(), c.Value)
	if err == nil && !p.Ends.IsZero() {
		v.Principal, v.secret = p, c.Value
	}
	if isUnauthenticated(err) {
		return nil
	}
	return err
}

// SignedIn reports whether somebody has signed in.
func (v *visit) SignedIn() bool { return v.secret != "" }

// admit lets through whoever may do what the page is for. What is not theirs is answered as if it were not there; a script and whoever
// sends a form are told where another of their roles may, and send it again once that was chosen: what was said is not thrown away.
func (v *visit) admit(p access.Permission) error {
	if !v.SignedIn() {
		return access.ErrUnauthenticated
	}
	if strings.Contains(strings.ToUpper(v.r.URL.RawPath), "%2F") { // a word of a page's path is one of the API's: no slash is in it
		return errNothingHere
	}
	var m events.Municipality
	may := func(who access.Principal) bool { return who.Can(p) }
	if code := v.r.PathValue("code"); code != "" {
		var err error
		if m, err = events.ParseMunicipality(code); err != nil {
			return errNothingHere
		}
		may = func(who access.Principal) bool { return who.May(p, m, access.AnyProgramme) }
	}
	switch {
	case may(v.Principal):
		v.Place = m
		return nil
	case (v.byScript() || v.r.Method == http.MethodPost) && may(v.Principal.Otherwise()):
		return errOtherRole
	}
	return errNothingHere
}

// May reports whether the visitor may do something here: what a page offers and a menu names.
func (v *visit) May(p access.Permission) bool {
	if v.Place == "" {
		return v.Principal.Can(p)
	}
	return v.Principal.May(p, v.Place, access.AnyProgramme)
}

// Home is the address of a page of the municipality.
func (v *visit) Home(rest ...string) string {
	return "/municipalities/" + string(v.Place) + "/" + strings.Join(rest, "/")
}

// InLanguage is the page's own address in the other language.
func (v *visit) InLanguage(lang string) string {
	query := v.r.URL.Query()
	query.Set("lang", lang)
	if v.r.Method != http.MethodGet { // the form's page, not what takes it
		return (&url.URL{Path: v.formPage(), RawQuery: url.Values{"lang": {lang}}.Encode()}).String()
	}
	return v.asking(query)
}

// formPage is where the form stands that was sent: every form is sent to its own page, or to one that has no page.
func (v *visit) formPage() string {
	probe := v.r.Clone(v.r.Context())
	probe.Method = http.MethodGet
	if _, pattern := v.mux.Handler(probe); pattern != "/" {
		return v.r.URL.Path
	}
	return "/"
}

// Path is the page's address without its query.
func (v *visit) Path() string { return v.r.URL.Path }

// fromOurs reports whether the reader comes from another of our pages. Whoever asks for the same one again stays where they were;
// a browser says so by Cache-Control, which it says as well where a form leads on: the address tells that apart.
func (v *visit) fromOurs() bool {
	again := v.r.Method == http.MethodGet && v.r.Header.Get("Cache-Control") != "" && v.Query("at") == "" && v.Query("done") == ""
	return v.r.Header.Get("Sec-Fetch-Site") == "same-origin" && !again
}

// Query is one parameter of the page's address.
func (v *visit) Query(name string) string { return v.r.URL.Query().Get(name) }

// At is a word of the page's path.
func (v *visit) At(name string) string { return v.r.PathValue(name) }

// to leads on after a form. The page shows what was written up to a position, and says what was done.
func (v *visit) to(path string, at events.Position, done string) error {
	query := url.Values{}
	if at > 0 {
		query.Set("at", strconv.FormatUint(at, 10))
	}
	if done != "" {
		query.Set("done", done)
	}
	path, anchor, _ := strings.Cut(path, "#")
	to := url.URL{Path: path, RawQuery: query.Encode(), Fragment: anchor}
	http.Redirect(v.w, v.r, to.String(), http.StatusSeeOther)
	return nil
}
