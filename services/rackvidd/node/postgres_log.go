package node

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// logPrefix puts the kind of process and the error code before each message.
const logPrefix = "%b|%e|"

// postgresLog reads the server's stderr. A message from a session may quote a
// value ("invalid input syntax for type date: …"), so only its level and code
// are passed on; the server's own processes speak of files and processes.
type postgresLog struct {
	log     *slog.Logger
	routine atomic.Bool // starting or stopping, which is worth many words to PostgreSQL alone
	line    *regexp.Regexp

	mu      sync.Mutex
	partial []byte
	fatal   string
}

func newPostgresLog(log *slog.Logger) *postgresLog {
	l := &postgresLog{
		log:  orDiscard(log),
		line: regexp.MustCompile(`^(?:([a-z ]+)\|([0-9A-Z]{5})\|)?(LOG|WARNING|ERROR|FATAL|PANIC):  (.*)$`),
	}
	l.routine.Store(true)
	return l
}

// Write takes what comes, in pieces of any size, and never fails.
func (l *postgresLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, p...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.report(string(line))
		l.partial = rest
	}
}

// lastFatal is why the server ended, where it said so.
func (l *postgresLog) lastFatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

// report leaves out continuation lines, details and statements: they hold values.
func (l *postgresLog) report(line string) {
	match := l.line.FindStringSubmatch(line)
	if match == nil {
		l.rememberBare(line)
		return
	}
	process, code, level, text := match[1], match[2], match[3], match[4]
	attrs := []slog.Attr{slog.String("level", level), slog.String("process", process), slog.String("code", code)}
	if l.speaksOfItself(process) {
		attrs = append(attrs, slog.String("text", text))
		l.remember(level, text)
	}
	l.log.LogAttrs(context.Background(), l.severity(level), "postgres reports", attrs...)
}

func (l *postgresLog) speaksOfItself(process string) bool {
	switch process {
	case "postmaster", "startup", "checkpointer", "background writer", "walwriter":
		return true
	case "": // before the settings are read there is no prefix
		return l.routine.Load()
	}
	return false
}

func (l *postgresLog) remember(level, text string) {
	if level == "FATAL" || level == "PANIC" {
		l.fatal = strings.TrimSpace(text)
	}
}

// rememberBare keeps what is said without a level before the settings are read.
func (l *postgresLog) rememberBare(line string) {
	if l.routine.Load() && !strings.HasPrefix(line, "\t") && !strings.Contains(line, "|") {
		l.fatal = line
	}
}

func (l *postgresLog) severity(level string) slog.Level {
	switch {
	case level == "FATAL" && l.routine.Load(), level == "LOG" && l.routine.Load():
		return slog.LevelDebug
	case level == "PANIC":
		return slog.LevelError
	}
	return slog.LevelWarn
}
