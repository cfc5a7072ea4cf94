package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

const oldestPostgres = 15

// binaries is a directory with a PostgreSQL server and initdb in it.
type binaries struct {
	dir   string
	major int
}

func (b binaries) program(name string) string { return filepath.Join(b.dir, name) }

// places is where a server may be found. A named directory is the only one looked in.
type places struct {
	named string
	path  string
	root  string
}

func serverPlaces(bin string) places {
	return places{
		named: cmp.Or(bin, os.Getenv("PG_BIN")),
		path:  os.Getenv("PATH"),
		root:  "/usr/lib/postgresql",
	}
}

// find returns the first server that is new enough and, where a cluster exists
// already, of the version that made it (made is 0 when there is none).
func (p places) find(ctx context.Context, made int) (binaries, error) {
	seen := false
	for _, dir := range p.dirs() {
		dir, err := filepath.Abs(dir) // the server starts elsewhere
		if err != nil {
			return binaries{}, fmt.Errorf("find PostgreSQL in %s: %w", dir, err)
		}
		major, err := serverVersion(ctx, dir)
		if err != nil {
			continue
		}
		seen = true
		if major >= oldestPostgres && (made == 0 || made == major) {
			return binaries{dir, major}, nil
		}
	}
	return binaries{}, p.missing(made, seen)
}

func (p places) missing(made int, seen bool) error {
	want := fmt.Sprintf("%d or later", oldestPostgres)
	if made != 0 {
		want = strconv.Itoa(made) + ", which made this database,"
	}
	if p.named != "" {
		return fmt.Errorf("no PostgreSQL server %s in %s: point PG_BIN at a directory with postgres and initdb", want, p.named)
	}
	found := "found"
	if seen {
		found = "among those found"
	}
	return fmt.Errorf("no PostgreSQL server %s %s in PATH or %s: run make setup or apt-get install postgresql, or set PG_BIN", want, found, p.root)
}

func (p places) dirs() []string {
	if p.named != "" {
		return []string{p.named}
	}
	relative := func(dir string) bool { return !filepath.IsAbs(dir) }
	return append(slices.DeleteFunc(filepath.SplitList(p.path), relative), p.installed()...)
}

func (p places) installed() []string {
	dirs, _ := filepath.Glob(filepath.Join(p.root, "*", "bin"))
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(dirVersion(b), dirVersion(a)) })
	return dirs
}

func dirVersion(bin string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return version
}

func serverVersion(ctx context.Context, dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = serverEnv()
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	match := regexp.MustCompile(`PostgreSQL\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return 0, errors.New("unknown version")
	}
	return strconv.Atoi(string(match[1]))
}

// serverEnv is all that PostgreSQL gets of our environment, which holds secrets.
func serverEnv() []string {
	env := []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
	if libraries := os.Getenv("LD_LIBRARY_PATH"); libraries != "" {
		env = append(env, "LD_LIBRARY_PATH="+libraries)
	}
	return env
}
