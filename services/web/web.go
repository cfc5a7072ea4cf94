// Package web is the pages that people use: coordinators, back offices, administrators and the national level. It is a
// client of the API, with the rights of whoever has signed in, and knows no rule of its own (decisions/0001).
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// Config is what the pages are made of.
type Config struct {
	API      http.Handler // the API's, from /api/v1/ on
	Sessions Sessions
	Passkeys Passkeys
	OpenID   OpenID               // whom else people sign in by; nil: nobody
	Forms    surveying.Collection // of the annual survey: what its questions are
	Contact  string               // whom to tell what is not accessible: an address, a telephone number or a page; "": not said
	Invented bool                 // nothing here is about anybody: each page says so
	Clock    func() time.Time     // nil: time.Now
	Logger   *slog.Logger         // nil: nothing is logged
	// Head is how far a log has come; nil: pages that stand open are not told what is new.
	Head func(context.Context, events.Municipality) (events.Position, error)
	// Stopping is closed when the program is about to stop: nobody is told anything any more.
	Stopping <-chan struct{}
}

// Sessions says who has signed in. Errors are those of *access.Service.
type Sessions interface {
	Authenticate(ctx context.Context, secret string) (access.Principal, error)
	// Still is Authenticate that is no use of the session.
	Still(ctx context.Context, secret string) (access.Principal, error)
	SignIn(ctx context.Context, name, password string) (secret string, err error)
	SignOut(ctx context.Context, secret string) error
	WorkAs(ctx context.Context, secret, chosen string) error
	Left(ctx context.Context, secret string) (unused, used time.Duration, err error)
	Invited(ctx context.Context, invitation string) (name string, err error)
	Accept(ctx context.Context, invitation, password string) (secret string, err error)
	// ChangePassword ends every session of the account but the one that is given.
	ChangePassword(ctx context.Context, account events.ID, current, chosen, session string) error
}

type site struct {
	Config
	mux       *http.ServeMux
	templates map[string]templates // by language
	assets    assets
	pages     map[string]access.Permission // what each page is for, by its pattern
	streams   map[string]access.Permission // and each stream of news
	news      newsroom
}

// New returns the handler of every page. Where a template or a text is wrong it panics, then or when the page is first shown:
// a test shows each.
func New(c Config) http.Handler { return newSite(c).handler() }

func newSite(c Config) *site {
	s := &site{Config: c, mux: http.NewServeMux(), assets: readAssets(), pages: make(map[string]access.Permission), streams: make(map[string]access.Permission)}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	s.templates = readTemplates(s)
	s.routes()
	return s
}

func (s *site) handler() http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(s.open(func(v *visit) error { return errCrossOrigin }))
	return s.recovered(strict(sameOrigin.Handler(s.mux)))
}

// today is the day in Sweden.
func (s *site) today() events.Day { return events.DayOf(s.Clock().In(events.Sweden)) }

// routes lists every page. There are no others.
func (s *site) routes() {
	s.mux.HandleFunc("GET /assets/{version}/{name}", s.assets.serve)
	s.mux.HandleFunc("/", s.open(func(*visit) error { return errNothingHere }))
	s.loginPages()
	s.openIDPages()
	s.passkeyPages()
	s.accountPages()
	s.accessibilityPage()
	s.helpPages()
	s.homePage()
	s.workingPage()
	s.dayPage()
	s.programmePages()
	s.groupPages()
	s.registerPages()
	s.unlistedPages()
	s.sessionPages()
	s.cardPages()
	s.correctionPages()
	s.referralPages()
	s.enrolmentPages()
	s.childPages()
	s.childAsOfPage()
	s.privacyPages()
	s.retentionPages()
	s.readPages()
	s.mergePages()
	s.guestPages()
	s.importPages()
	s.surveyPages()
	s.reachPages()
	s.figurePages()
	s.asOfPage()
	s.logPages()
	s.replayPages()
	s.operationsPages()
	s.maintainingPages()
	s.verifiedPage()
	s.nationalLogPage()
	s.userPages()
	s.tokenPages()
	s.reportPages()
	s.newsPages()
}

// page is one page or one form of somebody who may do what it is for.
func (s *site) page(pattern string, p access.Permission, show func(*visit) error) {
	s.pages[pattern] = p
	s.mux.HandleFunc(pattern, s.open(func(v *visit) error {
		if err := v.admit(p); err != nil {
			return err
		}
		return show(v)
	}))
}

// open is a page of everybody, whether or not they have signed in.
func (s *site) open(show func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		if v.switchLanguage() {
			return
		}
		err := v.signedIn()
		if err == nil {
			err = show(v)
		}
		if err != nil {
			v.showError(err)
		}
	}
}

// strict tells browsers to load nothing from elsewhere and to run nothing that stands in a page, without exceptions.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// recovered answers for a page that is wrong.
func (s *site) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if what := recover(); what != nil && what != http.ErrAbortHandler {
				s.Logger.Error("a page failed", "pattern", r.Pattern, "err", what)
				http.Error(w, "Räckvidd: 500", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
