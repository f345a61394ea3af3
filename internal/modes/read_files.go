package modes

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
	"orgmodes/internal/wording"
)

// filesOfModes are what we look for in a folder.
var filesOfModes = upload.Kind{Things: "modes", NotToRead: notToRead}

// FileResult is what became of one file of several.
type FileResult struct {
	Name string
	// File is what it holds; the places of its entries are those in Folder.
	File File
	// Err is a *fault.Error where the file as a whole can't be used.
	Err error
	// Skipped says why the file wasn't read; empty where it was.
	Skipped string
}

// Folder is what several files hold.
type Folder struct {
	// Files are all of them, by name.
	Files []FileResult
	// File is the entries of all together, for PlanImport: each names its file,
	// and one that has the slug of another is in conflict with it.
	File File
}

// Refused counts the files that were read and can't be used.
func (f Folder) Refused() int {
	n := 0
	for _, r := range f.Files {
		if r.Err != nil {
			n++
		}
	}
	return n
}

// ReadFiles reads the modes files of a folder. One bad file never spoils the
// others; what is no modes file by its name is skipped with a notice. The error
// is a *fault.Error where all together are too much, or that of a context that is done.
func ReadFiles(ctx context.Context, files []upload.File) (Folder, error) {
	files, err := filesOfModes.Sorted(files)
	if err != nil {
		return Folder{}, err
	}
	// All files share what one may cost, so that many small bombs are no more
	// than a large one.
	b := newBudget(ctx)
	b.Text = upload.MaxBytes
	out := Folder{File: File{Form: FormFolder}}
	for _, f := range files {
		r, err := readNamed(f, b)
		if err != nil {
			return Folder{}, err
		}
		out.add(r)
	}
	if err := CheckLibrary(len(out.File.Entries), 0); err != nil {
		return Folder{}, err
	}
	judgeTogether(out.File.Entries)
	out.share()
	return out, CheckTotals(out.File.Modes())
}

// ReadArchive reads the modes files of a zip file, as ReadFiles reads those of
// a folder. An archive that is made to do harm is refused as a whole, before
// anything is unpacked; the error is a *fault.Error.
func ReadArchive(ctx context.Context, data []byte) (Folder, error) {
	files, err := Unpack(data)
	if err != nil {
		return Folder{}, err
	}
	return ReadFiles(ctx, files)
}

// Unpack returns the files of a zip file, for ReadFiles: those that hold no modes by
// their name without their data. The errors are those of ReadArchive.
func Unpack(data []byte) ([]upload.File, error) { return filesOfModes.Unpack(data) }

func readNamed(f upload.File, b *jsonast.Budget) (FileResult, error) {
	r := FileResult{Name: f.Name, Skipped: notToRead(f.Name)}
	if r.Skipped != "" {
		return r, nil
	}
	r.Err = upload.CheckUpload(f.Data)
	if r.Err == nil {
		r.File, r.Err = readFile(f.Data, b)
	}
	if err := b.CheckTime(); err != nil {
		return r, err
	}
	if r.Err != nil && b.Spent() {
		e, _ := fault.As(r.Err)
		return r, fault.New(e.Kind, e.Code, "Together, these files hold more than %d modes ever need. It was %s where they became too much: take fewer, or look at that one.", MaxModes, f.Name)
	}
	return r, nil
}

// add takes a file's entries and notices into the whole.
func (f *Folder) add(r FileResult) {
	whole := &f.File
	if r.Skipped != "" {
		whole.Notices = append(whole.Notices, resource.Notice{File: r.Name, Detail: r.Skipped})
	}
	for i := range r.File.Entries {
		e := &r.File.Entries[i]
		e.File, e.Index = r.Name, len(whole.Entries)
		whole.Entries = append(whole.Entries, *e)
	}
	for i := range r.File.Notices {
		r.File.Notices[i].File = r.Name
	}
	whole.Notices = append(whole.Notices, r.File.Notices...)
	if r.Err == nil && r.Skipped == "" {
		whole.Format = cmp.Or(whole.Format, r.File.Format)
	}
	f.Files = append(f.Files, r)
}

// share gives the files the entries as they were judged together.
func (f *Folder) share() {
	start := 0
	for i := range f.Files {
		end := start + len(f.Files[i].File.Entries)
		f.Files[i].File.Entries = f.File.Entries[start:end:end]
		start = end
	}
}

// modesFileNames are those that editors use, without an ending.
var modesFileNames = []string{".roomodes", ".kilocodemodes"}

// notToRead says why a file of this name is not read; empty where it is.
func notToRead(name string) string {
	base := path.Base(name)
	ext := strings.ToLower(path.Ext(base))
	switch {
	case slices.Contains(modesFileNames, base):
		return ""
	case upload.IsOfMacOS(name):
		return "skipped: this is what macOS keeps about another file"
	case slices.Contains([]string{".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"}, ext):
		return "skipped: archives within an archive are not opened; unpack it first"
	case slices.Contains([]string{".yaml", ".yml", ".json"}, ext):
		return ""
	case ext == "" || ext == base:
		return "skipped: by its name this is no modes file (.yaml, .yml, .json, " + strings.Join(modesFileNames, ", ") + ")"
	default:
		return fmt.Sprintf("skipped: %s files hold no modes", wording.Shortened(ext, 20))
	}
}
