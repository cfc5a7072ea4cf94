package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fileFlags choose what kind of file is written, and where.
type fileFlags struct {
	Format string `help:"pdf, xlsx, csv, json, or answer: the signed file for the national level of another installation; as the file of --out is called, else pdf." enum:",pdf,xlsx,csv,json,answer" default:"" short:"f"`
	Out    string `help:"Where to, also in place of a file that is there; none: standard output." placeholder:"FILE" type:"path" short:"o"`
	Lang   string `help:"sv or en." default:"sv" enum:"sv,en"`
}

// endings are the formats by what the names of their files end with.
type endings map[string]string

// format is what was asked for, or what a file's name says; otherwise where neither says anything. A name that says another is
// refused, and so is one that nothing is known of where only it would say.
func (e endings) format(asked, out, otherwise string) (string, error) {
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), ".")
	named := e[ending]
	switch {
	case ending == "" || named == "" && asked != "":
		return cmp.Or(asked, otherwise), nil
	case named == "":
		return "", &usageError{fmt.Errorf("%s: no format is called that; end the name with .%s, or give --format", out, strings.Join(slices.Sorted(maps.Keys(e)), ", ."))}
	case asked != "" && asked != named:
		return "", &usageError{fmt.Errorf("%s is what a file of the format %s is called, and --format says %s", out, named, asked)}
	}
	return named, nil
}

// download fetches a file and writes it where it is wanted.
func (env *environment) download(f fileFlags, c call) (err error) {
	if f.Format, err = (endings{"pdf": "pdf", "xlsx": "xlsx", "csv": "csv", "json": "json"}).format(f.Format, f.Out, "pdf"); err != nil {
		return err
	}
	c.query.Set("lang", f.Lang)
	c.query.Set("format", f.Format)
	raw, err := env.fetch(c)
	if err != nil {
		return err
	}
	if f.Format == "json" && printing(f.Out) {
		return env.printJSON(raw)
	}
	return env.save(f.Out, raw)
}

// printing reports whether a file of that name is standard output.
func printing(name string) bool { return name == "" || name == "-" }

// save writes a document, which may have been made before, where it is wanted: what it takes the place of is told.
func (env *environment) save(name string, raw []byte) error {
	if printing(name) {
		_, err := env.out.Write(raw)
		return err
	}
	said := "written"
	there, err := os.Stat(name)
	if err == nil && there.Mode().IsRegular() {
		said = "written, in place of the file that was there"
		err = replaceFile(name, there.Mode().Perm(), raw)
	} else {
		err = os.WriteFile(name, raw, 0o600)
	}
	if err != nil {
		if there == nil {
			os.Remove(name) // a part of it is no document
		}
		return fmt.Errorf("write the file: %w", err)
	}
	fmt.Fprintf(env.err, "%s %s\n", name, said)
	return nil
}

// replaceFile writes a file in the place of one that stays as it is until all of the other is there.
func replaceFile(name string, mode os.FileMode, raw []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(name), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(raw)
	if err := cmp.Or(err, part.Chmod(mode), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), name)
}
