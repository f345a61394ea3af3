package modes

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// modesFiles selects the modes files of a folder.
var modesFiles = upload.Kind{Noun: "modes", SkipReason: skipReason}

// FileResult is the result for one file of several.
type FileResult struct {
	Name string
	// File is the file's content. The indexes of its entries are those in Folder.
	File File
	// Err is a *fault.Error if the file as a whole can't be used.
	Err error
	// Skipped explains why the file was skipped; empty if it was read.
	Skipped string
}

// Folder is the content of several files.
type Folder struct {
	// Files holds the result for each file, by name.
	Files []FileResult
	// File has the entries of all files, for planning an import. Each names its file; one with
	// the slug of an earlier entry has a Conflict.
	File File
}

// RefusedCount counts the files that were read but can't be used.
func (f Folder) RefusedCount() int {
	n := 0
	for _, r := range f.Files {
		if r.Err != nil {
			n++
		}
	}
	return n
}

// ReadFiles reads the modes files of a folder. An invalid file doesn't affect the others. Files
// whose names aren't those of modes files are skipped with a notice. The error is a
// *fault.Error if all files together exceed the limits, or the error of ctx.
func ReadFiles(ctx context.Context, files []upload.File) (Folder, error) {
	files, err := modesFiles.Sorted(files)
	if err != nil {
		return Folder{}, err
	}
	// All files share one budget, so that many small bombs cost no more than a large one.
	b := newBudget(ctx)
	b.Text = upload.MaxTotalBytes
	out := Folder{File: File{Form: FormFolder}}
	for _, f := range files {
		r, err := readFolderFile(f, b)
		if err != nil {
			return Folder{}, err
		}
		out.add(r)
	}
	if err := CheckLibrary(len(out.File.Entries), 0); err != nil {
		return Folder{}, err
	}
	markDuplicates(out.File.Entries)
	out.resliceEntries()
	return out, CheckTotals(out.File.Modes())
}

// ReadArchive reads the modes files of a zip file, as ReadFiles does for a folder. A malicious
// archive is refused as a whole, before anything is unpacked. The error is a *fault.Error.
func ReadArchive(ctx context.Context, data []byte) (Folder, error) {
	files, err := Unpack(data)
	if err != nil {
		return Folder{}, err
	}
	return ReadFiles(ctx, files)
}

// Unpack returns the files of a zip file, for ReadFiles. Files that ReadFiles would skip by
// their name come without data. Errors are as for ReadArchive.
func Unpack(data []byte) ([]upload.File, error) { return modesFiles.Unpack(data) }

func readFolderFile(f upload.File, b *jsonast.Budget) (FileResult, error) {
	r := FileResult{Name: f.Name, Skipped: skipReason(f.Name)}
	if r.Skipped != "" {
		return r, nil
	}
	r.Err = upload.CheckSize(f.Data)
	if r.Err == nil {
		r.File, r.Err = readFile(f.Data, b)
	}
	if err := b.CheckContext(); err != nil {
		return r, err
	}
	if r.Err != nil && b.Exhausted() {
		e, _ := fault.As(r.Err)
		return r, fault.New(e.Kind, e.Code, "Together, these files hold more than %d modes ever need. The limit was exceeded at %s: import fewer files, or check that one.", MaxModes, f.Name)
	}
	return r, nil
}

// add adds a file's entries and notices to the folder.
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

// resliceEntries updates the entries of each file after markDuplicates.
func (f *Folder) resliceEntries() {
	start := 0
	for i := range f.Files {
		end := start + len(f.Files[i].File.Entries)
		f.Files[i].File.Entries = f.File.Entries[start:end:end]
		start = end
	}
}

// modesFileNames are the names that editors use for modes files without an extension.
var modesFileNames = []string{".roomodes", ".kilocodemodes"}

// skipReason returns why a file of this name is skipped, or "" if it is read.
func skipReason(name string) string {
	base := path.Base(name)
	ext := strings.ToLower(path.Ext(base))
	switch {
	case slices.Contains(modesFileNames, base):
		return ""
	case upload.IsAppleDouble(name):
		return "skipped: macOS metadata about another file"
	case slices.Contains([]string{".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"}, ext):
		return "skipped: archives within an archive are not opened; unpack it first"
	case slices.Contains([]string{".yaml", ".yml", ".json"}, ext):
		return ""
	case ext == "" || ext == base:
		return "skipped: by its name this is not a modes file (.yaml, .yml, .json, " + strings.Join(modesFileNames, ", ") + ")"
	default:
		return fmt.Sprintf("skipped: %s files hold no modes", humanize.Truncate(ext, 20))
	}
}
