package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"rackvidd/services/intake"
)

// importCommand brings files in, one after the other.
type importCommand struct {
	Files []string `arg:"" help:"CSV or XLSX files; - is standard input." placeholder:"FILE"`
	municipalityFlag
	Source  string `help:"Whose record ids these are; the same file under the same source records nothing twice." default:"default" placeholder:"NAME"`
	DryRun  bool   `help:"Answer the same and record nothing."`
	Update  bool   `help:"Record a row whose content has changed as a correction."`
	Map     string `help:"File that names the file's headings, one HEADING=column a line; [C]=column names the column of that place." type:"existingfile" placeholder:"FILE"`
	Rejects string `help:"Write the rejected rows' lines and reasons here as CSV; it must not be there yet, and it holds those of the files before one that is not taken." placeholder:"FILE"`
	formatFlags
}

// Help says what comes out.
func (c *importCommand) Help() string {
	return "Exit 0: the files were taken, and every row that was rejected is named, though the others were recorded. Exit 1: every row of a file was rejected, or a file was not taken. Exit 2: a wrong flag."
}

// importSummary is one file's answer.
type importSummary struct {
	File string `json:"file"`
	intake.Summary
}

func (c *importCommand) Run(env *environment) error {
	query := url.Values{"source": {c.Source}}
	if c.DryRun {
		query.Set("dry_run", "true")
	}
	if c.Update {
		query.Set("update", "true")
	}
	if c.Map != "" {
		columns, err := readMap(c.Map)
		if err != nil {
			return err
		}
		query.Set("map", columns)
	}
	return bring{c.Files, c.Rejects, c.DryRun, c.formatFlags}.run(env, func(file string) (intake.Summary, error) { return c.send(env, file, query) })
}

// bring is files that are brought in one after the other.
type bring struct {
	files   []string
	rejects string
	dry     bool
	formatFlags
}

// run sends the files and says what became of every row; where all of a file's were rejected it has failed. A file that
// cannot be read is told before any is sent. One that is not taken keeps those after it back, and what became of those
// before it is told all the same.
func (b bring) run(env *environment, send func(file string) (intake.Summary, error)) error {
	if err := readable(b.files); err != nil {
		return err
	}
	all, err := withRejects(b.rejects, func() ([]importSummary, error) { return b.sendAll(env, send) })
	if b.json() && len(all) > 0 {
		err = errors.Join(err, printSummaries(env, all, len(b.files) == 1))
	}
	for _, s := range all {
		if s.Rows > 0 && len(s.Rejected) == s.Rows {
			err = errors.Join(err, fmt.Errorf("import %s: every row was rejected", s.File))
		}
	}
	return err
}

// readable opens every file once. A pipe can be opened once only: whether that can be read is found when it is sent.
func readable(files []string) error {
	for _, name := range files {
		if info, err := os.Stat(name); name == "-" || err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			continue
		}
		file, _, err := openInput(name)
		if err != nil {
			return fmt.Errorf("import %s: %w; nothing was sent", name, err)
		}
		file.Close()
	}
	return nil
}

func (b bring) sendAll(env *environment, send func(file string) (intake.Summary, error)) (all []importSummary, err error) {
	for i, file := range b.files {
		summary, err := send(file)
		if rest := b.files[i+1:]; err != nil && len(rest) > 0 {
			err = fmt.Errorf("%w; not sent: %s", err, strings.Join(rest, ", "))
		}
		if err != nil {
			return all, fmt.Errorf("import %s: %w", file, err)
		}
		all = append(all, importSummary{file, summary})
		if !b.json() {
			printSummary(env.out, file, summary, b.dry)
		}
	}
	return all, nil
}

// printSummaries prints JSON, one object where one file was to be brought in.
func printSummaries(env *environment, all []importSummary, one bool) error {
	var v any = all
	if one {
		v = all[0].Summary
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return env.printJSON(raw)
}

// withRejects makes the file of rejected rows before anything is sent, so that a name that cannot be is told while nothing is
// recorded, and fills it afterwards. What is there already is somebody's, and may be what is to be brought in.
func withRejects(name string, send func() ([]importSummary, error)) ([]importSummary, error) {
	if name == "" {
		return send()
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, &usageError{fmt.Errorf("--rejects: %s is there already; name a file that is not", name)}
	}
	if err != nil {
		return nil, fmt.Errorf("write the rejects: %w", err)
	}
	all, err := send()
	unwritten := errors.Join(writeRejects(file, all), file.Close())
	if len(all) == 0 || unwritten != nil {
		os.Remove(name)
	}
	return all, errors.Join(err, unwritten)
}

func writeRejects(w io.Writer, all []importSummary) error {
	out, err := intake.NewRejectsWriter(w)
	for _, s := range all {
		for _, r := range s.Rejected {
			err = errors.Join(err, out.Write(s.File, r))
		}
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("write the rejects: %w", err)
	}
	return nil
}

const leftOfImport = "what the server has recorded of the file stays: bring it in again, and the rest is recorded"

func (c *importCommand) send(env *environment, name string, query url.Values) (summary intake.Summary, err error) {
	body, size, err := openInput(name)
	if err != nil {
		return summary, err
	}
	defer body.Close()
	watched, finished := watch(env, filepath.Base(name), body, size)
	defer finished()
	left := leftOfImport
	if c.DryRun {
		left = leftOfReading
	}
	err = env.ask(call{method: http.MethodPost, path: c.path("imports"), query: query, body: watched, kind: "application/octet-stream", left: left}, &summary)
	return summary, err
}

func openInput(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return os.Stdin, 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		file.Close()
		return nil, 0, fmt.Errorf("not a file")
	}
	return file, info.Size(), nil
}

// watch shows how much of a file has been read: a bar on a terminal, a line now and then elsewhere.
func watch(env *environment, name string, body io.Reader, size int64) (io.Reader, func()) {
	if file, ok := env.err.(*os.File); ok && isTerminal(file) && size > 0 {
		progress := mpb.New(mpb.WithOutput(file), mpb.WithWidth(60))
		bar := progress.AddBar(size, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name(name+" ")), mpb.AppendDecorators(decor.Percentage()))
		return bar.ProxyReader(body), func() { bar.Abort(true); progress.Wait() }
	}
	return &lineProgress{Reader: body, env: env, name: name, size: size, next: time.Now().Add(time.Second)}, func() {}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// lineProgress writes a line now and then.
type lineProgress struct {
	io.Reader
	env  *environment
	name string
	size int64
	read int64
	next time.Time
}

func (p *lineProgress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.read += int64(n)
	if now := time.Now(); now.After(p.next) && p.size > 0 {
		p.next = now.Add(5 * time.Second)
		fmt.Fprintf(p.env.err, "%s: %d %% read\n", p.name, p.read*100/p.size)
	}
	return n, err
}

func printSummary(w io.Writer, file string, s intake.Summary, dry bool) {
	verb := "recorded"
	if dry {
		verb = "would be recorded"
	}
	fmt.Fprintf(w, "%s: %d rows: %d %s, %d duplicates, %d rejected (log position %d)\n", file, s.Rows, s.Recorded, verb, s.Duplicates, len(s.Rejected), s.Position)
	if s.Unread > 0 {
		fmt.Fprintf(w, "  read of the first sheet alone: %d more in the file; save each as a file of its own to bring it in\n", s.Unread)
	}
	const most = 20
	for i, r := range s.Rejected {
		if i == most {
			fmt.Fprintf(w, "  … and %d more; --rejects FILE lists them all\n", len(s.Rejected)-most)
			break
		}
		fmt.Fprintf(w, "  line %d, %s: %s (%s)\n", r.Line, r.Column, r.Message, r.Code)
	}
}

// readMap reads HEADING=column lines into the JSON the API takes.
func readMap(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	columns := make(map[string]string)
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndex(line, "=")
		if i < 1 {
			return "", &usageError{fmt.Errorf("%s line %d: write HEADING=column", path, n)}
		}
		heading := strings.TrimSpace(line[:i])
		if _, twice := columns[heading]; twice {
			return "", &usageError{fmt.Errorf("%s line %d: the heading is there above as well; say once what it holds", path, n)}
		}
		columns[heading] = strings.TrimSpace(line[i+1:])
	}
	raw, err := json.Marshal(columns)
	return string(raw), err
}
